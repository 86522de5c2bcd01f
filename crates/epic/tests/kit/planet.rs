//! The main job's people in a region of the real binary: PLANET at tier 2, set up by commands alone.

use region::twin::Access;
use words::Timestamp;
use words::time::DAY_MS;

use super::{Answer, Call, Ended, House, now};

/// Where a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    Outside,
    Inside,
}

/// So many days from now.
pub fn day(days: i64) -> String {
    now().plus_ms(days * DAY_MS).to_string()
}

impl House {
    /// PLANET's tenant and project with a controller `carla`, a researcher `rita`, a reviewer `rolf`; `sergio` signs for ISS.
    pub fn planet() -> Self {
        Self::open().with_planet()
    }

    /// The same in a region that is up.
    pub fn with_planet(self) -> Self {
        let house = self;
        house.done("olga", &["organisation", "register", "iss", "--name", "Istituto Superiore di Sanità"]);
        for person in ["carla", "rita", "rolf", "sergio"] {
            house.enrol(person, "iss");
        }
        house.done("olga", &["tenant", "open", "planet-study", "--name", "PLANET", "--organisation", "iss"]);
        house.role("olga", "sergio", "signatory", "iss");
        house.role("sergio", "carla", "controller", "planet-study");
        house.project("carla", "planet", "planet-study", "2");
        house.role("carla", "rita", "researcher", "planet");
        house.teach("rita", "planet");
        house.role("carla", "rolf", "reviewer", "planet");
        house.teach("rolf", "planet");
        house
    }

    /// The same with a hospital that has signed, and a permit for `rita` on all of it.
    pub fn agreed() -> Self {
        Self::planet().with_agreement()
    }

    pub fn with_agreement(self) -> Self {
        let house = self;
        house.hospital("bari");
        house.offer("bari");
        house.sign("sergio", "bari", "iss");
        house.sign("sara-bari", "bari", "bari");
        house.bucket("bari");
        house.permit("permit-1", "planet", "rita", &day(90));
        house
    }

    pub fn role(&self, by: &str, person: &str, role: &str, at: &str) {
        self.done(by, &["role", "grant", "--person", person, "--role", role, "--at", at]);
    }

    pub fn project(&self, by: &str, alias: &str, tenant: &str, tier: &str) {
        self.project_of(by, alias, (tenant, "production"), tier);
    }

    fn project_of(&self, by: &str, alias: &str, (tenant, environment): (&str, &str), tier: &str) {
        let of = ["--tenant", tenant, "--tier", tier, "--environment", environment, "--purpose", "pollution"];
        self.done(by, &[&["project", "open", alias][..], &of].concat());
    }

    /// Notes that a person was trained and instructed: at tiers 2 and 3 nobody works without.
    pub fn teach(&self, person: &str, project: &str) {
        self.teach_by(("sergio", "carla"), person, project);
    }

    pub fn teach_by(&self, (signatory, controller): (&str, &str), person: &str, project: &str) {
        let ends = day(300);
        self.done(signatory, &["person", "train", person, "--course", "sensitive data", "--ends", &ends]);
        let instruct = ["person", "instruct", person, "--project", project, "--ends", &ends];
        self.done(controller, &instruct);
    }

    /// A hospital with one who signs, one who hands over, one who delivers.
    pub fn hospital(&self, name: &str) {
        self.done("olga", &["organisation", "register", name, "--name", &format!("Ospedale di {name}")]);
        for part in ["sara", "steo", "dina"] {
            self.enrol(&format!("{part}-{name}"), name);
        }
        self.role("olga", &format!("sara-{name}"), "signatory", name);
        self.role(&format!("sara-{name}"), &format!("steo-{name}"), "steward", name);
    }

    /// Its agreement, as yet unsigned.
    pub fn offer(&self, hospital: &str) {
        self.offer_in("planet", hospital);
    }

    pub fn offer_in(&self, project: &str, hospital: &str) {
        let alias = format!("{project}-{hospital}");
        let mut draft = vec!["agreement", "draft", &alias, "--project", project, "--provider", hospital];
        let (starts, ends) = (day(-1), day(300));
        draft.extend(["--purpose", "pollution", "--categories", "clinical", "--service-model", "saas"]);
        draft.extend(["--places", "bologna", "--retention-days", "0", "--starts", &starts, "--ends", &ends]);
        self.done("carla", &draft);
        self.done("carla", &["agreement", "offer", &alias]);
    }

    /// Signs for a party, over the digest that this person is shown.
    pub fn sign(&self, person: &str, hospital: &str, party: &str) {
        let ended = self.try_sign(person, hospital, party);
        assert_eq!(ended.code, 0, "{}", ended.err);
    }

    pub fn try_sign(&self, person: &str, hospital: &str, party: &str) -> Ended {
        self.try_sign_in("planet", person, hospital, party)
    }

    pub fn try_sign_in(&self, project: &str, person: &str, hospital: &str, party: &str) -> Ended {
        let alias = format!("{project}-{hospital}");
        let shown = self.done(person, &["--json", "agreement", "show", &alias]).json();
        let digest = shown["answer"][0]["digest"].as_str().unwrap();
        self.by(person, &["--json", "agreement", "sign", &alias, "--party", party, "--digest", digest])
    }

    /// Another project of the tenant in which `rita` may write, under the same hospital's agreement.
    pub fn another(&self, project: &str, environment: &str, tier: &str) {
        self.project_of("carla", project, ("planet-study", environment), tier);
        self.role("carla", "rita", "researcher", project);
        self.teach("rita", project);
        self.offer_in(project, "bari");
        for (person, party) in [("sergio", "iss"), ("sara-bari", "bari")] {
            let ended = self.try_sign_in(project, person, "bari", party);
            assert_eq!(ended.code, 0, "{}", ended.err);
        }
        self.permit(&format!("permit-{project}"), project, "rita", &day(20));
    }

    /// The bucket of a hospital's data.
    pub fn bucket(&self, hospital: &str) {
        let agreement = format!("planet-{hospital}");
        self.done("carla", &["bucket", "create", hospital, "--project", "planet", "--agreement", &agreement]);
    }

    /// Lets the hospital's `dina` deliver from a network; gives the credential she does it with.
    pub fn deliverer(&self, hospital: &str, alias: &str, network: &str) -> Access {
        let (agreement, dina) = (format!("planet-{hospital}"), format!("dina-{hospital}"));
        let (starts, ends) = (day(-1), day(60));
        let mut issue = vec!["grant", "issue", alias, "--agreement", &agreement, "--person", &dina];
        issue.extend(["--bucket", hospital, "--address", network, "--starts", &starts, "--ends", &ends]);
        self.done(&format!("steo-{hospital}"), &issue);
        self.credential(&dina, "planet", &["--place", "outside", "--grant", alias])
    }

    /// The researcher's credential inside.
    pub fn desk(&self) -> Access {
        self.credential("rita", "planet", &["--place", "inside", "--workspace", "desk"])
    }

    pub fn credential(&self, person: &str, project: &str, more: &[&str]) -> Access {
        let ends = day(30);
        let issue = ["--json", "credential", "issue", "--project", project, "--ends", &ends];
        let issued = self.done(person, &[&issue[..], more].concat()).json();
        let text = |name: &str| issued["answer"][name].as_str().unwrap().to_owned();
        Access { id: text("access_key_id"), secret: text("secret_access_key") }
    }

    /// A permit that `rita` asks for and `carla` grants.
    pub fn permit(&self, alias: &str, project: &str, person: &str, ends: &str) {
        let starts = day(-1);
        let mut request = vec!["permit", "request", alias, "--project", project, "--persons", person];
        request.extend(["--purpose", "pollution", "--legal-basis", "GDPR Art. 9(2)(j)"]);
        request.extend(["--starts", &starts, "--ends", ends]);
        self.done("rita", &request);
        self.done("carla", &["permit", "grant", alias]);
    }

    /// Where S3 listens.
    pub fn s3_url(&self, door: Door) -> &str {
        let name = match door {
            Door::Outside => "s3",
            Door::Inside => "s3_inside",
        };
        self.ready[name].as_str().expect("it is up")
    }

    pub fn s3_address(&self, door: Door) -> std::net::SocketAddr {
        self.s3_url(door).strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// One signed request to the S3 door.
    pub fn s3(&self, door: Door, access: &Access, call: Call) -> Answer {
        super::block_on(call.signed(access).send(self.s3_address(door)))
    }

    /// How a request that may find nobody is answered; none: nobody is there.
    pub fn s3_status(&self, door: Door, access: &Access, call: Call) -> Option<u16> {
        std::net::TcpStream::connect(self.s3_address(door)).ok()?;
        Some(self.s3(door, access, call).status)
    }

    /// The same, and it must be done.
    pub fn s3_done(&self, door: Door, access: &Access, call: Call) -> Answer {
        let answer = self.s3(door, access, call);
        assert!((200..300).contains(&answer.status), "{}: {}", answer.status, answer.text());
        answer
    }

    /// Waits until the wall clock is past a moment.
    pub fn wait_past(&self, at: Timestamp) {
        // WHY a wait: the region under test has the machine's own clock.
        while now() <= at {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
