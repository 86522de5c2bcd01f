"""Plants identifiers by Faker and others' algorithms, and lists cells that hold none: JSON lines on standard output.

    plant.py FIRST_SEED SEEDS CLEAN_CELLS DATA_FOLDER

Each line: kind (or "clean"), column (or null), place ("cell" or "text"), text, and for planted ones the range in bytes.
What is clean is taken from real files where there are any; seeds below 1,000, used while developing, see one half of their
distinct values, all others the other half.
"""
import csv, io, json, random, sys, uuid, zipfile, zlib
from pathlib import Path

from faker import Faker

FIRST, SEEDS, CLEAN = (int(word) for word in sys.argv[1:4])
DATA = Path(sys.argv[4])
HALF = 0 if FIRST < 1000 else 1


def say(kind, column, place, before, value, after=""):
    start = len(before.encode())
    print(json.dumps({"kind": kind, "column": column, "place": place, "text": before + value + after,
                      "start": start, "end": start + len(value.encode())}, ensure_ascii=False))


def luhn(body):
    total = sum(sum(divmod(int(d) * (2 - at % 2), 10)) for at, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def nhs(rng):
    while True:
        body = "".join(rng.choice("0123456789") for _ in range(9))
        check = (11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11) % 11
        if check < 10:
            return body + str(check)


def digits(rng, count):
    return "".join(rng.choice("0123456789") for _ in range(count))


def letters(rng, count):
    return "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(count))


def groups(text, size=4):
    return " ".join(text[at:at + size] for at in range(0, len(text), size))


MONTHS = {"it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split(),
          "en": "January February March April May June July August September October November December".split()}


def date(rng, day, language):
    if language == "it":
        return rng.choice([f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%d.%m.%Y}", f"{day.day} {MONTHS['it'][day.month - 1]} {day.year}",
                           f"{day:%Y-%m-%d}", f"{day.day}/{day.month}/{day:%y}"])
    return rng.choice([f"{day:%m/%d/%Y}", f"{day:%Y-%m-%d}", f"{day.day} {MONTHS['en'][day.month - 1]} {day.year}",
                       f"{MONTHS['en'][day.month - 1]} {day.day}, {day.year}", f"{day.day} {MONTHS['en'][day.month - 1][:3]} {day.year}"])


TEXTS = {
    "it": {
        "codice-fiscale": ["Paziente con C.F. {}, ricoverato per scompenso cardiaco.", "Si richiede esenzione per {} da ieri.", "CF: {} - visita di controllo."],
        "health-card": ["Tessera sanitaria n. {} esibita in accettazione.", "TEAM {} valida fino al 2029."],
        "identity-card": ["Documento: carta d'identità {} rilasciata dal Comune.", "Riconosciuto tramite CIE n. {}."],
        "passport": ["Identificata con passaporto n. {} in corso di validità.", "Passaporto {} esibito allo sportello."],
        "driving-licence": ["Patente di guida {} sospesa dopo la crisi epilettica."],
        "partita-iva": ["Fattura a P.IVA {} per consulenza.", "Studio medico, partita IVA {}."],
        "iban": ["Rimborso su IBAN {} entro 30 giorni.", "Bonifico a {} per le spese di viaggio."],
        "payment-card": ["Ticket pagato con carta di credito {}.", "Pagamento con carta n. {} rifiutato."],
        "email": ["Referto inviato a {} su richiesta.", "Contattare la figlia ({}) per la terapia.", "E-mail: {}"],
        "phone": ["Recapito telefonico: {}.", "Il figlio risponde al numero {} dopo le 18.", "Tel. {}", "Si prega di chiamare {} per l'appuntamento.", "cell {}"],
        "address": ["Il paziente risiede in {} con la moglie.", "Vive da solo in {}.", "Residente in {}.", "Domicilio: {}"],
        "person-name": ["La Sig.ra {} lamenta dispnea da due giorni.", "Paziente {} di anni 67, iperteso.", "Il Dott. {} consiglia ecocardiogramma.",
                        "Si invia in consulenza il signor {} per dolore toracico.", "Nome: {}", "Colloquio con la figlia {}, che riferisce cadute.",
                        "Ieri {} ha presentato febbre e tosse.", "Alla dimissione {} deambula con ausilio.", "Consenso firmato da {} in data odierna."],
        "birth-date": ["Nato il {}, fumatore.", "Nata a Bologna il {}, casalinga.", "Data di nascita: {}.", "Paziente nato a Bari (BA) in data {} con cardiopatia."],
        "record-number": ["Cartella clinica n. {} del reparto.", "Nosologico {} in medicina interna.", "Vedi cartella {} per i dettagli.", "ID paziente: {}"],
    },
    "en": {
        "nhs-number": ["NHS number {} confirmed at reception.", "NHS No: {}."],
        "social-security": ["Social security number {} on file.", "SSN {} verified.", "Benefits claimed under {} since spring."],
        "iban": ["Refund to IBAN {} within 30 days.", "Please pay {} for the travel costs."],
        "payment-card": ["Copay charged to credit card {}.", "Card number {} was declined."],
        "email": ["Report sent to {} on request.", "Contact the daughter ({}) about dosing.", "Email: {}"],
        "phone": ["Phone: {}.", "His son can be reached at {} after 6 pm.", "Tel {}", "Please call {} to confirm."],
        "address": ["The patient lives at {} with his wife.", "Lives alone at {}.", "Home address: {}", "Discharged to {} yesterday."],
        "person-name": ["Mrs {} complains of dyspnea for two days.", "Patient {} is a 67 year old man.", "Dr. {} recommends an echocardiogram.",
                        "I reviewed {} in clinic today.", "Name: {}", "Her daughter {} reports falls at night.",
                        "Yesterday {} developed fever and cough.", "At discharge {} was walking with a frame.", "Consent signed by {} this morning."],
        "birth-date": ["Born on {}, smoker.", "DOB: {}.", "Date of birth {} as per the record.", "She was born {} in Leeds."],
        "record-number": ["MRN: {} seen in clinic.", "Medical record number {} reviewed.", "Hospital number {}."],
        "passport": ["Identified by passport no. {} at the desk."],
    },
}


def value(kind, fake, rng, locale):
    language = locale[:2]
    if kind == "codice-fiscale":
        return fake.ssn()
    if kind == "health-card":
        return luhn("80380" + digits(rng, 14))
    if kind == "identity-card":
        return rng.choice(["C" + letters(rng, 1) + digits(rng, 5) + letters(rng, 2), letters(rng, 2) + digits(rng, 7)])
    if kind == "passport":
        return fake.passport_number() if locale != "en_GB" else digits(rng, 9)
    if kind == "driving-licence":
        return rng.choice([letters(rng, 2) + digits(rng, 7) + letters(rng, 1), "U1" + letters(rng, 1) + digits(rng, 6) + letters(rng, 1)])
    if kind == "partita-iva":
        vat = fake.company_vat()
        return vat if rng.random() < 0.5 else vat[2:]
    if kind == "iban":
        iban = fake.iban()
        return groups(iban) if rng.random() < 0.3 else iban
    if kind == "payment-card":
        card = fake.credit_card_number()
        return groups(card) if len(card) == 16 and rng.random() < 0.3 else card
    if kind == "email":
        return rng.choice([fake.email, fake.free_email, fake.company_email])()
    if kind == "phone":
        return fake.phone_number()
    if kind == "address":
        return fake.address()
    if kind == "person-name":
        return fake.name()
    if kind == "birth-date":
        return date(rng, fake.date_of_birth(minimum_age=0, maximum_age=105), language)
    if kind == "record-number":
        return rng.choice([digits(rng, 6), digits(rng, 8), "20" + digits(rng, 2) + digits(rng, 6), f"{2000 + rng.randrange(25)}/{digits(rng, 6)}", letters(rng, 1) + digits(rng, 7)])
    if kind == "nhs-number":
        number = nhs(rng)
        return rng.choice([number, f"{number[:3]} {number[3:6]} {number[6:]}"])
    if kind == "social-security":
        return fake.ssn()
    if kind == "network-address":
        return fake.ipv4()
    raise ValueError(kind)


# Columns of each kind; None where the value shows itself.
CELLS = {
    "codice-fiscale": [None, None, "codice_fiscale", "CF", "CodFisc"],
    "health-card": [None, "tessera_sanitaria", "numeroTEAM"],
    "identity-card": ["carta_identita", "num_documento", "CIE"],
    "passport": ["passaporto", "passport_number", "PASSPORT"],
    "driving-licence": ["patente", "driving_licence", "drivers_license_no"],
    "partita-iva": ["partita_iva", "piva", "P.IVA"],
    "iban": [None, None, "iban", "conto_corrente"],
    "payment-card": [None, "card_number", "carta_credito"],
    "email": [None, None, "email", "contatto"],
    "phone": [None, "telefono", "phone", "cell", "recapito_telefonico", "mobile_phone"],
    "address": [None, "indirizzo", "address", "residenza", "home_address"],
    "person-name": [None, None, "paziente", "patient_name", "nominativo", "name", "full name", "NomeCognome", "medico_curante"],
    "surname": ["cognome", "surname", "last_name", "LAST", "cognome_paziente"],
    "given-name": ["nome", "first_name", "FIRST", "givenName"],
    "birth-date": ["data_nascita", "dob", "birth_date", "DataDiNascita", "BIRTHDATE", "nato_il", "date of birth"],
    "record-number": ["nosologico", "mrn", "MRN", "numero_cartella", "cartella_clinica", "hospital_number", "medical record number"],
    "nhs-number": ["nhs_number", "NHS", "nhs no"],
    "social-security": [None, "ssn", "SSN", "nino", "social_security_number"],
    "network-address": [None, "ip", "ip_address", "client_ip"],
}
ITALIAN = ["codice-fiscale", "health-card", "identity-card", "passport", "driving-licence", "partita-iva", "iban", "payment-card",
           "email", "phone", "address", "person-name", "surname", "given-name", "birth-date", "record-number", "network-address"]
ENGLISH = ["passport", "iban", "payment-card", "email", "phone", "address", "person-name", "surname", "given-name", "birth-date",
           "record-number", "nhs-number", "social-security", "network-address"]


def planted(seed, locale):
    fake, rng = Faker(locale), random.Random(f"{seed} {locale}")
    fake.seed_instance(seed)
    language = locale[:2]
    for kind in ITALIAN if language == "it" else ENGLISH:
        if kind == "iban" and locale == "en_US":
            continue
        for _ in range(8):
            column = rng.choice(CELLS[kind])
            if kind in ("surname", "given-name"):
                say("person-name", column, "cell", "", fake.last_name() if kind == "surname" else fake.first_name())
                continue
            text = value(kind, fake, rng, locale)
            if kind == "address" and rng.random() < 0.5:
                text = text.replace("\n", ", ")
            say(kind, column, "cell", "", text)
        for template in TEXTS[language].get(kind, []):
            before, after = template.split("{}")
            text = value(kind, fake, rng, locale)
            if kind == "address":
                text = text.replace("\n", ", ")
            noise = rng.choice(PHRASES[language])
            if rng.random() < 0.5:
                say(kind, None, "text", noise + " " + before, text, after)
            else:
                say(kind, None, "text", before, text, after + " " + noise)


PHRASES = {
    "it": ["Pressione arteriosa 140/90 mmHg, frequenza cardiaca 78 bpm.", "Esame obiettivo: murmure vescicolare ridotto alla base destra.",
           "Terapia: ramipril 5 mg 1 cp al mattino, furosemide 25 mg.", "Glicemia 126 mg/dl, emoglobina glicata 7,2%.",
           "Si consiglia controllo cardiologico a 6 mesi.", "Nega allergie a farmaci.", "Ecocolordoppler TSA nei limiti.",
           "Anamnesi positiva per morbo di Crohn e tiroidite di Hashimoto.", "Holter ECG: ritmo sinusale, rare extrasistoli ventricolari.",
           "RX torace del 12/03/2021: non addensamenti.", "Punteggio Barthel 65/100, scala di Glasgow 15.", "Somministrato paracetamolo per via endovenosa 1000 mg.",
           "Deambulazione autonoma, alvo regolare.", "Intervento di colecistectomia laparoscopica nel 2015.", "Frattura di Colles trattata con gesso.",
           "Ricovero presso il reparto di Medicina Interna.", "Diagnosi: polmonite basale destra (ICD-9-CM 486).", "Segno di Murphy negativo, Blumberg negativo.",
           "Diuresi 1500 ml/24h, creatinina 1,2 mg/dl.", "Follow-up oncologico regolare, CEA 2,3 ng/ml."],
    "en": ["Blood pressure 140/90 mmHg, heart rate 78 bpm.", "On examination reduced breath sounds at the right base.",
           "Medication: ramipril 5 mg once daily, furosemide 25 mg.", "Glucose 126 mg/dl, HbA1c 7.2%.", "Follow up in cardiology clinic in 6 months.",
           "No known drug allergies.", "History of Crohn's disease and Hashimoto thyroiditis.", "Holter monitor showed sinus rhythm with rare ectopics.",
           "Chest X-ray on 12/03/2021 showed no consolidation.", "Barthel index 65/100, Glasgow Coma Scale 15.", "Paracetamol 1 g given intravenously.",
           "Mobile independently, bowels regular.", "Laparoscopic cholecystectomy in 2015.", "Colles fracture treated with a cast.",
           "Admitted to General Medicine via the Emergency Department.", "Impression: right basal pneumonia (ICD-10 J18.9).", "Murphy sign negative.",
           "Urine output 1500 ml/24h, creatinine 1.2 mg/dl.", "Regular oncology follow up, CEA 2.3 ng/ml.", "Type 2 Diabetes Mellitus, on Metformin."],
}
GENES = "BRCA1 BRCA2 TP53 EGFR KRAS NRAS BRAF PIK3CA PTEN APC MLH1 MSH2 MSH6 PMS2 CFTR HBB DMD FBN1 LDLR PCSK9 APOE HLA-B MTHFR F5 F2 SCN5A KCNQ1 RYR2 MYH7 TTN".split()


def half(values):
    return [v for v in values if zlib.crc32(v.encode()) % 2 == HALF]


def clean_sources():
    """(column, values) of real and made cells that hold no direct identifier."""
    rng = random.Random(f"clean {FIRST}")
    synthea = {
        "conditions.csv": ["START", "STOP", "CODE", "DESCRIPTION", "PATIENT", "ENCOUNTER"],
        "medications.csv": ["START", "CODE", "DESCRIPTION", "BASE_COST", "DISPENSES", "TOTALCOST", "REASONCODE", "REASONDESCRIPTION"],
        "procedures.csv": ["START", "CODE", "DESCRIPTION", "REASONDESCRIPTION", "ENCOUNTER"],
        "observations.csv": ["DATE", "CODE", "DESCRIPTION", "UNITS", "TYPE"],
        "encounters.csv": ["START", "ENCOUNTERCLASS", "CODE", "DESCRIPTION", "TOTAL_CLAIM_COST", "REASONDESCRIPTION"],
        "allergies.csv": ["CODE", "SYSTEM", "DESCRIPTION", "TYPE", "CATEGORY", "DESCRIPTION1", "SEVERITY1"],
        "careplans.csv": ["CODE", "DESCRIPTION", "REASONDESCRIPTION"],
        "immunizations.csv": ["DATE", "CODE", "DESCRIPTION"],
        "devices.csv": ["CODE", "DESCRIPTION"],
        "patients.csv": ["MARITAL", "RACE", "ETHNICITY", "GENDER", "HEALTHCARE_EXPENSES", "LAT"],
        "providers.csv": ["SPECIALITY", "UTILIZATION"],
    }
    for name, columns in synthea.items():
        path = DATA / "dbt-synthea" / name
        rows = list(csv.DictReader(path.open(newline="")))
        for column in columns:
            yield column, [row[column] for row in rows if row.get(column)]
    with zipfile.ZipFile(DATA / "omop-synthea27nj" / "Synthea27Nj_5.4.zip") as omop:
        tables = {"CONCEPT.csv": ["concept_id", "concept_name", "concept_name", "concept_name", "domain_id", "vocabulary_id", "concept_code"],
                  "MEASUREMENT.csv": ["measurement_date", "value_as_number", "measurement_source_value", "unit_source_value"],
                  "DRUG_EXPOSURE.csv": ["drug_concept_id", "drug_source_value", "drug_exposure_start_date"],
                  "OBSERVATION.csv": ["observation_source_value", "observation_datetime", "value_as_string"]}
        for name, columns in tables.items():
            lines = io.TextIOWrapper(omop.open(name), "utf-8", newline="")
            first = lines.readline()
            delimiter = "\t" if "\t" in first else ","
            names = [word.strip().lower() for word in first.rstrip("\r\n").split(delimiter)]
            rows = list(csv.DictReader(lines, names, delimiter=delimiter))
            for column in columns:
                yield column, [row[column] for row in rows if row.get(column)]
    adult = list(csv.DictReader((DATA / "adult" / "adult.csv").open(newline=""), delimiter=";"))
    for column in adult[0]:
        yield column, [row[column] for row in adult[:5000]]
    heart = (DATA / "uci-heart-disease" / "processed.cleveland.data").read_text().split()
    for at, column in enumerate(["age", "sex", "cp", "trestbps", "chol"]):
        yield column, [line.split(",")[at] for line in heart]
    make = lambda f: [f() for _ in range(400)]
    yield "icd10", make(lambda: f"{rng.choice('ABCDEFGHIJKLMN')}{digits(rng, 2)}.{digits(rng, 1)}")
    yield "atc", make(lambda: f"{rng.choice('ABCDGHJLMNPRSV')}{digits(rng, 2)}{letters(rng, 2)}{digits(rng, 2)}")
    yield "loinc", make(lambda: f"{rng.randrange(100, 99999)}-{rng.randrange(10)}")
    yield "aic", make(lambda: "0" + digits(rng, 8))
    yield "gene", make(lambda: rng.choice(GENES))
    yield "hgvs", make(lambda: f"{rng.choice(GENES)} c.{rng.randrange(5000)}{rng.choice('ACGT')}>{rng.choice('ACGT')}")
    yield "position", make(lambda: f"chr{rng.choice(list(range(1, 23)) + ['X'])}:{rng.randrange(10**8)}-{rng.randrange(10**8)}")
    yield "rsid", make(lambda: f"rs{rng.randrange(10**4, 10**9)}")
    yield "patient_id", make(lambda: str(uuid.UUID(int=rng.getrandbits(128))))
    yield "study_id", make(lambda: "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(16)))
    yield "digest", make(lambda: f"{rng.getrandbits(128):032x}")
    yield "token", make(lambda: f"{rng.getrandbits(64):016x}")
    yield "value", make(lambda: f"{rng.uniform(0, 400):.2f}".replace(".", rng.choice(".,")))
    yield "esito", make(lambda: f"{rng.randrange(300)} {rng.choice(['mg/dl', 'mmol/l', 'UI/l', 'ng/ml', 'x10^9/l'])}")
    yield "visit_date", make(lambda: f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.randrange(2010, 2026)}")
    yield "timestamp", make(lambda: f"{rng.randrange(2010, 2026)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:{rng.randrange(60):02}:00Z")
    for language in PHRASES:
        phrases = PHRASES[language]
        yield "note", make(lambda: " ".join(rng.sample(phrases, rng.randrange(1, 4))))
        yield "note", half(phrases) * 10
    drugs = "Ramipril Amlodipina Atorvastatina Metformina Furosemide Bisoprololo Pantoprazolo Levotiroxina Tachipirina Coumadin Eliquis Xarelto Lasix Cardioaspirin Insulina_Glargine Prednisone Warfarin Omeprazole Ibuprofen Salbutamol Enoxaparina Ceftriaxone".split()
    yield "farmaco", make(lambda: f"{rng.choice(drugs).replace('_', ' ')} {rng.choice([5, 10, 20, 25, 100])} mg")
    yield "drug_name", make(lambda: rng.choice(drugs).replace("_", " "))
    terms = ["Diabete mellito tipo 2", "Ipertensione arteriosa", "Fibrillazione atriale", "Scompenso Cardiaco", "Insufficienza Renale Cronica", "Morbo di Parkinson",
             "Malattia di Alzheimer", "Sindrome di Down", "Broncopneumopatia cronica ostruttiva", "Carcinoma Mammario", "Artrite Reumatoide", "Ictus Ischemico",
             "Atrial Fibrillation", "Heart Failure", "Chronic Kidney Disease", "Rheumatoid Arthritis", "Ischemic Stroke", "Breast Cancer", "Multiple Sclerosis", "Cystic Fibrosis"]
    yield "diagnosi", make(lambda: rng.choice(terms))
    yield None, make(lambda: rng.choice(terms))
    provinces = csv.reader((DATA / "planet" / "covid_air_IT_province_20200522.csv").open(newline="", encoding="utf-8"), delimiter=",")
    rows = list(provinces)
    for at in range(min(4, len(rows[0]))):
        yield rows[0][at], [row[at] for row in rows[1:] if len(row) > at]


def clean():
    rng = random.Random(f"cells {FIRST}")
    sources = [(column, half(sorted(set(values))) or sorted(set(values))) for column, values in clean_sources()]
    sources = [(column, values) for column, values in sources if values]
    for _ in range(CLEAN):
        column, values = rng.choice(sources)
        print(json.dumps({"kind": "clean", "column": column if rng.random() < 0.7 else None, "place": "cell", "text": rng.choice(values),
                          "start": 0, "end": 0}, ensure_ascii=False))


for seed in range(FIRST, FIRST + SEEDS):
    for locale in ("it_IT", "en_US", "en_GB"):
        planted(seed, locale)
clean()
