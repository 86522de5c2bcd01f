//! A notice by mail: one message to one address, with nothing in it that follows whoever reads it.
//!
//! SPEC: RFC 5322; RFC 3834, 5 (`Auto-Submitted`: no machine answers it).

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use lettre::message::header::ContentTransferEncoding::QuotedPrintable;
use lettre::message::header::{ContentType, HeaderName, HeaderValue, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox};
use lettre::{Address, Message};
use listen::Trust;
use region::Region;
use region::telling::{Messenger, Notice};
use words::Timestamp;
use words::chance::bytes;

use super::fault::Fault;
use super::relay::{self, Relay};
use super::says;

/// SPEC: RFC 5321, 4.5.3.1.3: a path has 256 octets, with its brackets.
const ADDRESS_CHARS_MAX: usize = 254;
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// An address that mail cannot be sent from.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address of mail")]
pub struct MailError(pub(super) String);

/// Carries one notice to a relay.
pub(super) struct Post<'a> {
    region: &'a Region,
    relay: &'a Relay,
    trust: Option<&'a Trust>,
    console: &'a str,
    /// Why it did not arrive.
    fault: OnceLock<Fault>,
}

impl<'a> Post<'a> {
    pub const fn new(
        region: &'a Region,
        relay: &'a Relay,
        trust: Option<&'a Trust>,
        console: &'a str,
    ) -> Self {
        Self { region, relay, trust, console, fault: OnceLock::new() }
    }

    /// Why it did not arrive; none: it did, or was not sent.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.get().copied()
    }

    async fn post(&self, notice: &Notice) -> Result<(), Fault> {
        let to = address(notice.to.expose()).ok_or(Fault::Address)?;
        let name = &self.region.ground().origin;
        let body = says::mail(name, self.console, &notice.digest);
        let chance: [u8; 16] = bytes(self.region.rand());
        let message = message(name, &self.relay.from, to, (self.region.now(), chance), body)?;
        relay::send(self.relay, self.trust, &message).await
    }
}

#[async_trait]
impl Messenger for Post<'_> {
    async fn carry(&self, notice: &Notice) -> bool {
        // WHY no limit here: each step to the relay has its own.
        let Err(fault) = self.post(notice).await else { return true };
        tracing::warn!(%fault, "a notice was not taken by the mail relay");
        let _first = self.fault.set(fault);
        false
    }
}

/// The message as it goes out.
fn message(
    region: &str,
    from: &Mailbox,
    to: Address,
    (now, chance): (Timestamp, [u8; 16]),
    body: String,
) -> Result<Message, Fault> {
    let id = format!("<{}@{}>", HEXLOWER.encode(&chance), from.email.domain());
    let ms = u64::try_from(now.ms()).map_err(|_| Fault::Unwritten)?;
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(format!("{region}: avvisi / notices"))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
        .message_id(Some(id))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()))
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(Body::new_with_encoding(body, QuotedPrintable).map_err(|_| Fault::Unwritten)?)
        .map_err(|_| Fault::Unwritten)
}

/// An address as it was enrolled, if mail can be sent there. WHY so strict: it goes into commands and headers, and who
/// wrote it once may have meant it to be more than an address.
fn address(text: &str) -> Option<Address> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte);
    let is_fit = text.len() <= ADDRESS_CHARS_MAX && text.bytes().all(is_plain);
    text.parse().ok().filter(|_: &Address| is_fit)
}

/// What stands in `From`: `EPIC <notices@epic.example>`, or the address alone.
pub(super) fn sender(text: &str) -> Result<Mailbox, MailError> {
    let wrong = || MailError(text.to_owned());
    let is_plain = text.len() <= ADDRESS_CHARS_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let mailbox: Mailbox = text.parse().map_err(|_| wrong())?;
    match is_plain && address(mailbox.email.as_ref()).is_some() {
        true => Ok(mailbox),
        false => Err(wrong()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(to: &str) -> Option<String> {
        let from = sender("EPIC <notices@epic.example>").unwrap();
        let at = Timestamp::from_ms(1_800_000_000_000);
        let message = message("epic.example", &from, address(to)?, (at, [7; 16]), "È così.\r\n".to_owned());
        Some(String::from_utf8(message.unwrap().formatted()).unwrap())
    }

    // Goal: a message is what it should be to the letter, and nothing follows its reader.
    #[test]
    fn a_message_has_these_headers_and_no_others() {
        let text = written("rita@iss.example").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines: Vec<&str> = head.split("\r\n").collect();
        lines.sort_unstable();
        let id = format!("Message-ID: <{}@epic.example>", "07".repeat(16));
        let expected = [
            "Auto-Submitted: auto-generated",
            "Content-Transfer-Encoding: quoted-printable",
            "Content-Type: text/plain; charset=utf-8",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "From: EPIC <notices@epic.example>",
            "MIME-Version: 1.0",
            &id,
            "Subject: epic.example: avvisi / notices",
            "To: rita@iss.example",
        ];
        assert_eq!(lines, expected);
        assert_eq!(body, "=C3=88 cos=C3=AC.\r\n");
    }

    // Goal: an address is an address and nothing more. Method: what would be a header, a command or a second receiver.
    #[test]
    fn nothing_rides_in_an_address() {
        for to in [
            "rita@iss.example\r\nBcc: all@iss.example",
            "rita@iss.example\nBcc: all@iss.example",
            "rita\r\n@iss.example",
            "rita@iss.example\0",
            "rita@iss.example>\r\nRCPT TO:<all@iss.example",
            "rita@iss.example, all@iss.example",
            "rita@iss.example;all@iss.example",
            "\"rita\r\n\"@iss.example",
            "\"a b\"@iss.example",
            "Rita <rita@iss.example>",
            "ríta@iss.example",
            "rita@íss.example",
            " rita@iss.example",
            "rita@@iss.example",
            "rita",
            "@iss.example",
            "",
        ] {
            assert_eq!(written(to), None, "{to:?}");
        }
        assert!(written(&format!("rita@{}.example", "a".repeat(300))).is_none());
        for to in ["rita@iss.example", "rita.rossi+epic@sub.iss.example", "o'neill@iss.example"] {
            assert!(written(to).unwrap().contains(&format!("\r\nTo: {to}\r\n")), "{to}");
        }
        for from in ["", "EPIC", "EPIC <a@b>\r\nBcc: c@d", "È <notices@epic.example>", "notices"] {
            assert!(sender(from).is_err(), "{from:?}");
        }
    }
}
