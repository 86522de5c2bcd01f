//! How people sign in here: proving who they are, joining, and what they prove it by.

use std::time::Duration;

use hyper::body::Incoming;
use region::account::{Entered, Proof};
use region::noun::client::OWN_CLIENT;
use serde_json::{Value, json};
use words::act::Hidden;
use words::{Act, Actor, Reason, Refusal};

use super::{Answered, Form, Signed, Visit};
use crate::issuing::{self, Asked, Code, Wrong};
use crate::pages;

/// What somebody has written so far, where a form comes back to them.
#[derive(Default)]
pub struct Written {
    pub name: String,
    pub label: String,
    /// The key that their app holds already, or is to hold.
    pub app_key: String,
    pub code: String,
    pub approval: String,
}

impl Written {
    fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).to_owned();
        Self {
            name: text("name"),
            label: text("label"),
            app_key: text("app_key"),
            code: text("code"),
            approval: text("approval"),
        }
    }
}

/// What a page that adds ways in needs.
pub struct Ways {
    /// That they have proved who they are once more; none: they need not, or have not.
    pub proof: Option<String>,
    /// Whose they are: the id, the short name, and what they are called.
    pub id: String,
    pub alias: String,
    pub called: String,
    /// A question for their browser.
    pub question: String,
    pub written: Written,
}

/// WHY shorter than at other forms: whoever drips it is nobody yet, and holds a place.
const FORM_WAIT: Duration = Duration::from_secs(5);

async fn read(visit: &Visit<'_>, body: Incoming) -> Result<Form, Refusal> {
    Form::read(body, visit.door.limits().body_wait.min(FORM_WAIT)).await
}

/// What a form proves.
async fn prove(visit: &Visit<'_>, form: &Form, client: &str) -> Result<Entered, Refusal> {
    let issuer = issuing::at(visit.door, &visit.origin).await?;
    let proof = match form.text("shown") {
        "" => Proof::Password {
            name: form.text("name"),
            password: Hidden::new(form.text("password").to_owned()),
            code: Hidden::new(form.text("app_code").to_owned()),
        },
        shown => Proof::Passkey { shown, origin: &visit.origin },
    };
    visit.door.region().enter(&issuer.url, proof, client, visit.address, visit.door.place()).await
}

/// The page of a sign-in that a program asks for.
pub async fn asked(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let issuer = issuing::at(visit.door, &visit.origin).await?;
    match Asked::read(visit.door, visit.parts, &issuer).await {
        Ok(asked) => {
            let text = asked.text(visit.door.region())?;
            proving(visit, &asked, &text, &Written::default(), None)
        }
        Err(Wrong::Here(refusal)) => Err(refusal),
        Err(Wrong::There(there)) => Ok(Answered::onward(pages::signed_in(visit, &there), there)),
    }
}

fn proving(
    visit: &Visit<'_>,
    asked: &Asked,
    text: &str,
    written: &Written,
    refusal: Option<&Refusal>,
) -> Result<Answered, Refusal> {
    let question = visit.door.region().passkey_question(&asked.client)?;
    let page = pages::prove(visit, asked, text, &question, &written.name, refusal);
    Ok(Answered::page_after(page, refusal))
}

/// Sends whoever has proved who they are on to the program.
pub async fn entered(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let form = read(visit, body).await?;
    let region = visit.door.region();
    let asked = Asked::open(region, form.text("asked"))?;
    let issuer = issuing::at(visit.door, &visit.origin).await?;
    // WHY again: it may have been taken off the list since.
    let program = issuing::program(visit.door, &issuer, &asked.client).await?;
    if !program.returns.contains(&asked.returns) {
        return Err(Refusal::with(Reason::NotFound, "that program's people do not sign in here"));
    }
    match prove(visit, &form, &asked.client).await {
        Ok(entered) => {
            let there =
                asked.onward(&issuer, &Code::new(region, &issuer.url, asked.clone(), entered).text(region)?);
            Ok(Answered::onward(pages::signed_in(visit, &there), there))
        }
        Err(refusal) => {
            visit.door.refused(&refusal);
            proving(visit, &asked, form.text("asked"), &Written::of(&form), Some(&refusal))
        }
    }
}

/// The page where the code of another machine is entered.
pub async fn device(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    issuing::at(visit.door, &visit.origin).await?;
    let typed = visit.asked("user_code").unwrap_or_default();
    Ok(Answered::page(pages::device(visit, &typed, None)))
}

/// The code, then who enters it.
///
/// WHY in two steps: a person must see which program it is before they prove who they are.
pub async fn device_entered(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let form = read(visit, body).await?;
    let (region, typed) = (visit.door.region(), form.text("user_code"));
    region.guess(visit.address)?;
    let (program, from) = match visit.door.devices().program(typed, region.now()) {
        Ok(found) => found,
        Err(refusal) => {
            visit.door.refused(&refusal);
            return Ok(Answered::page(pages::device(visit, typed, Some(&refusal))).for_refusal(&refusal));
        }
    };
    region.guessed(visit.address);
    let again = |refusal: Option<&Refusal>| {
        let question = region.passkey_question(&program)?;
        let waits = pages::Machine { program: &program, from, typed };
        let page = pages::device_prove(visit, &waits, &question, form.text("name"), refusal);
        Ok(Answered::page_after(page, refusal))
    };
    if form.text("step") != "prove" {
        return again(None);
    }
    match prove(visit, &form, &program).await {
        Ok(entered) => {
            visit.door.devices().enter(typed, entered, region.now())?;
            Ok(Answered::page(pages::device_done(visit)))
        }
        Err(refusal) => {
            visit.door.refused(&refusal);
            again(Some(&refusal))
        }
    }
}

/// The page where a code lets somebody make their ways in.
pub async fn join(visit: &Visit<'_>) -> Result<Answered, Refusal> {
    issuing::at(visit.door, &visit.origin).await?;
    Ok(Answered::page(pages::join(visit, "", "", None)))
}

/// The code, then what they choose.
pub async fn joined(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let form = read(visit, body).await?;
    let (region, written) = (visit.door.region(), Written::of(&form));
    let held =
        region.actor_of_code(&written.code, &written.approval, visit.address, visit.door.place()).await;
    let actor = match held {
        Ok(actor) => actor,
        Err(refusal) => {
            visit.door.refused(&refusal);
            let page = pages::join(visit, &written.code, &written.approval, Some(&refusal));
            return Ok(Answered::page(page).for_refusal(&refusal));
        }
    };
    // WHY those two alone: a code makes a way in, and does nothing else.
    if !["password", "passkey"].contains(&form.text("step")) {
        return choose(visit, &actor, written, None).await;
    }
    match change(visit, &actor, &form).await {
        Ok(_answer) => Ok(Answered::page(pages::joined(visit))),
        Err(refusal) => choose(visit, &actor, written, Some(&refusal)).await,
    }
}

async fn choose(
    visit: &Visit<'_>,
    actor: &Actor,
    written: Written,
    refusal: Option<&Refusal>,
) -> Result<Answered, Refusal> {
    let ways = of(visit, actor, written, None).await?;
    Ok(Answered::page_after(pages::choose(visit, &ways, refusal), refusal))
}

async fn of(
    visit: &Visit<'_>,
    actor: &Actor,
    mut written: Written,
    proof: Option<String>,
) -> Result<Ways, Refusal> {
    let region = visit.door.region();
    let greeting = region.greet(actor).await?;
    if written.app_key.is_empty() {
        written.app_key = data_encoding::BASE32_NOPAD.encode(&words::chance::bytes::<20>(region.rand()));
    }
    Ok(Ways {
        proof,
        id: data_encoding::BASE64URL_NOPAD.encode(&actor.person.to_bytes()),
        called: greeting.called().to_owned(),
        alias: greeting.alias,
        question: region.passkey_question(OWN_CLIENT)?,
        written,
    })
}

/// Does what one of the forms says.
async fn change(visit: &Visit<'_>, actor: &Actor, form: &Form) -> Result<Value, Refusal> {
    let text = |name: &str| form.text(name);
    let held = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let (act, fields) = match text("step") {
        "password" => (
            Act::AccountPassword,
            json!({
                "password": text("password"), "app_key": text("app_key"), "app_code": text("app_code"),
                "code": held("code"), "approval": held("approval"), "proof": held("proof"),
            }),
        ),
        "passkey" => (
            Act::AccountPasskey,
            json!({
                "label": text("label"), "made": text("made"), "code": held("code"), "approval": held("approval"),
                "proof": held("proof"),
            }),
        ),
        "drop" => (Act::AccountDrop, json!({ "way": text("way"), "proof": held("proof") })),
        _ => return Err(Refusal::with(Reason::Invalid, "the form says nothing that is known here")),
    };
    visit.door.region().perform(actor, act, fields, None).await.map(|done| done.answer)
}

/// How whoever visits signs in here, and what they can change of it.
pub async fn ways(
    visit: &Visit<'_>,
    written: Written,
    proof: Option<String>,
    refusal: Option<&Refusal>,
) -> Result<Answered, Refusal> {
    let signed = visit.signed()?;
    let known = visit.list(Act::AccountShow, json!({ "account": signed.greeting.alias })).await?;
    let ways = of(visit, &signed.actor, written, proof).await?;
    let is_offered = issuing::at(visit.door, &visit.origin).await.is_ok();
    let page = pages::ways(visit, known.first().unwrap_or(&Value::Null), &ways, is_offered, refusal);
    Ok(Answered::page_after(page, refusal))
}

/// Proves who they are once more, or changes something.
pub async fn changed(visit: &Visit<'_>, body: Incoming) -> Result<Answered, Refusal> {
    let signed = visit.signed()?;
    let form = read(visit, body).await?;
    let written = Written::of(&form);
    if form.text("step") == "prove" {
        return match proved(visit, signed, &form).await {
            Ok(proof) => ways(visit, Written::default(), Some(proof), None).await,
            Err(refusal) => ways(visit, Written::default(), None, Some(&refusal)).await,
        };
    }
    let proof = Some(form.text("proof").to_owned()).filter(|proof| !proof.is_empty());
    match change(visit, &signed.actor, &form).await {
        Ok(_answer) => Ok(Answered::to("/me/ways?changed=1")),
        Err(refusal) => ways(visit, written, proof, Some(&refusal)).await,
    }
}

async fn proved(visit: &Visit<'_>, signed: &Signed, form: &Form) -> Result<String, Refusal> {
    let _place = visit.door.open_journey(visit.address)?;
    let entered = prove(visit, form, OWN_CLIENT).await?;
    match entered.person == signed.actor.person {
        true => visit.door.region().proved_text(&entered),
        false => Err(Refusal::with(Reason::ProofWrong, "that is somebody else's")),
    }
}
