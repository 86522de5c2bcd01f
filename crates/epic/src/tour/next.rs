//! What to try next: lines to paste, with credentials made a moment ago.

use super::stage::{OPERATOR, Stage};
use crate::failure::Failure;
use crate::world;

/// Who can be looked in on by one click, and what they are. WHY these: synthetic persons over synthetic data.
const PERSONAS: &[(&str, &str)] = &[
    (OPERATOR, "olga, operator"),
    ("carla", "carla, controller of PLANET"),
    ("sara-bologna", "sara, signs for Bologna"),
    ("marco", "marco, researcher in HARMONY"),
    ("anna", "anna, auditor"),
];

async fn console(stage: &mut Stage) -> Result<(), Failure> {
    let mut lines = String::new();
    for (person, what) in PERSONAS {
        lines += &format!("\n  {what:<28} {}", stage.link(person).await?);
    }
    let again = format!(
        "  another: `epic --key-file {}/<person>.key console --region-url {}`",
        stage.people(),
        stage.address()
    );
    let says = stage.paint.dim("In your browser, as one of them; each link works once:");
    let again = stage.paint.dim(&again);
    stage.say(&format!("\n{says}{lines}\n{again}"))
}

pub async fn show(stage: &mut Stage, s3: &str, s3_inside: &str) -> Result<(), Failure> {
    let (done, refused) = stage.counts();
    let dina = stage.credential("dina-bologna", "planet", "outside", Some("deliver-bologna")).await?;
    let rita = stage.credential("rita", "planet", "inside", None).await?;
    let people = stage.people();
    let (from, to) = ("./sample.csv", "s3://bologna/2021/mine.csv");
    stage.chapter(
        "YOUR TURN",
        &format!("{done} steps took effect, {refused} were refused; all of them are in the ledger"),
    )?;
    console(stage).await?;
    let dim = |text: &str| stage.paint.dim(text);
    stage.say(&format!(
        "\n{}\n  export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=us-east-1\n  echo 'a;b' > {from}\n  aws --endpoint-url {s3} s3api put-object --bucket bologna --key 2021/mine.csv --body {from}\n  aws --endpoint-url {s3} s3 cp {to} -          {}",
        dim("As dina of Bologna, who may deliver and nothing else, with any S3 client:"),
        dina.id,
        dina.secret,
        dim("# refused: write-only"),
    ))?;
    stage.say(&format!(
        "\n{}\n  export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=us-east-1\n  aws --endpoint-url {s3_inside} s3 cp {to} -\n  aws --endpoint-url {s3} s3 cp {to} -          {}",
        dim("As rita, who reads from inside:"),
        rita.id,
        rita.secret,
        dim("# refused: outside, tier 2"),
    ))?;
    stage.say(&format!(
        "\n{}\n  import boto3\n  s3 = boto3.client(\"s3\", endpoint_url=\"{s3_inside}\", region_name=\"us-east-1\",\n      aws_access_key_id=\"{}\", aws_secret_access_key=\"{}\")\n  print(s3.get_object(Bucket=\"catania\", Key=\"2021/ricoveri.csv\")[\"Body\"].read()[:200])",
        dim("The same in Python:"),
        rita.id,
        rita.secret,
    ))?;
    stage.say(&format!(
        "\n{}\n  alias epic='{} --region-url {}'\n  epic --key-file {people}/carla.key agreement show\n  epic --key-file {people}/anna.key ledger show --project planet\n  epic --key-file {people}/anna.key tour tamper --project planet\n  epic explain place_outside --lang it",
        dim("As the persons of the tour, by command:"),
        world::program(),
        stage.address(),
    ))
}
