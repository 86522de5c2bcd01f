//! Log lines never carry keys, names or what was sent, whatever goes wrong.

use crate::house;

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use house::{BUCKET, Call, House};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Hears everything that any crate says on this thread.
#[derive(Clone, Default)]
struct Ear {
    heard: Arc<Mutex<String>>,
    spans: Arc<AtomicU64>,
}

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut heard = self.heard.lock().unwrap();
        heard.push_str(span.metadata().target());
        span.record(&mut Words(&mut heard));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Words(&mut self.heard.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut heard = self.heard.lock().unwrap();
        write!(heard, "\n{}", event.metadata().target()).unwrap();
        event.record(&mut Words(&mut heard));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn what_clients_send_is_not_written_down() {
    let house = House::open().await;
    let ear = Ear::default();
    let listening = tracing::subscriber::set_default(ear.clone());
    let target = format!("/{BUCKET}/planted-name");
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    let planted = b"<Delete><Object><Key>planted-name</Key>";
    house.call(Call::put(&target, b"planted-bytes").with("x-amz-meta-note", "planted-note")).await;
    house.call(Call::get(&target)).await;
    house.call(Call::get(&format!("/{BUCKET}/planted-name-2"))).await;
    house.call(Call::get("/planted-bucket/planted-name")).await;
    house.call(Call::post(&format!("/{BUCKET}?delete="), planted)).await;
    house.call(Call::put(&target, b"planted").with("content-md5", "planted")).await;
    Call::put(&target, b"planted").signed(&forged).send(house.outside).await;
    Call::get(&target).presigned(&house.rita, 60).send(house.outside).await;
    drop(listening);
    let heard = ear.heard.lock().unwrap().clone();
    assert!(heard.contains("refused"), "the ear hears nothing: {heard}");
    for secret in ["planted", "Signature=", &house.rita.id, &house.rita.secret, "s3s"] {
        assert!(!heard.contains(secret), "{secret} was written down:\n{heard}");
    }
    house.close().await;
}
