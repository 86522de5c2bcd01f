//! A notice to a webhook: one signed POST to an address that leads outside, and nowhere else.
//!
//! Anybody who works here names such an address, so it must not make the region
//! speak to what lies inside: the name is looked up once, every address that it
//! leads to must be public, and that very address is connected to. No redirect
//! is followed, and what comes back is not kept.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use listen::Trust;
use region::Region;
use region::telling::{Messenger, Notice};
use tokio::net::{TcpStream, lookup_host};
use words::network::is_public;

use super::fault::Fault;
use super::says;
use crate::NOTICE_SIGNATURE_HEADER;
use crate::client::{Address, place, send_over};

/// WHY: a receiver that answers later is down; it is asked again.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// WHY so short: nothing in an answer is of use but its status.
const BODY_WAIT: Duration = Duration::from_secs(1);
const ANSWER_BYTES_MAX: usize = 1_024;
/// WHY: a name leads to a few machines.
const ADDRESSES_MAX: usize = 32;

/// Carries notices to webhooks.
pub(super) struct Hooks<'a> {
    pub region: &'a Region,
    pub console: &'a str,
    pub trust: Option<&'a Trust>,
    pub is_local: bool,
}

#[async_trait]
impl Messenger for Hooks<'_> {
    async fn carry(&self, notice: &Notice) -> bool {
        let answered = tokio::time::timeout(ANSWER_WAIT, self.post(notice)).await;
        let carried = match answered.unwrap_or(Err(Fault::Late)) {
            Ok(response) => {
                let status = response.status();
                leave(response.into_body()).await;
                judged(status)
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = &carried {
            tracing::warn!(%fault, "a webhook takes no notice");
        }
        carried.is_ok()
    }
}

impl Hooks<'_> {
    /// As far as the head of the answer.
    async fn post(&self, notice: &Notice) -> Result<Response<Incoming>, Fault> {
        let (address, path) = place(notice.to.expose()).map_err(|error| Fault::from(&error))?;
        let region = &self.region.ground().origin;
        let body = says::hook((region, &address.origin()), self.console, notice.at, &notice.digest);
        let body = body.to_string().into_bytes();
        let signature = self.region.sign_notice(&body).map_err(|_| Fault::Unwritten)?;
        let to = self.leads_to(&address).await?;
        let request = Request::post(path)
            .header(header::HOST, address.host_header())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "epic")
            .header(NOTICE_SIGNATURE_HEADER, signature)
            .body(Full::new(Bytes::from(body)).map_err(|never: Infallible| match never {}).boxed_unsync())
            .map_err(|_| Fault::Unwritten)?;
        let stream = TcpStream::connect(to).await.map_err(|_| Fault::Unreachable)?;
        send_over(stream, &address, self.trust, request).await.map_err(|error| Fault::from(&error))
    }

    /// The one machine that is connected to. WHY all that a name leads to: which of them is asked must not be chance.
    async fn leads_to(&self, address: &Address) -> Result<SocketAddr, Fault> {
        let found = lookup_host(address.dial()).await.map_err(|_| Fault::Unreachable)?;
        chosen(found.take(ADDRESSES_MAX), self.is_local)
    }
}

fn judged(status: StatusCode) -> Result<(), Fault> {
    if status.is_success() { Ok(()) } else { Err(Fault::Refused(status.as_u16())) }
}

/// So that a receiver sees its answer taken; one that goes on is cut off, and nothing depends on it.
async fn leave(body: Incoming) {
    let _unread = tokio::time::timeout(BODY_WAIT, Limited::new(body, ANSWER_BYTES_MAX).collect()).await;
}

fn chosen(found: impl Iterator<Item = SocketAddr>, is_local: bool) -> Result<SocketAddr, Fault> {
    let found: Vec<SocketAddr> = found.collect();
    let is_fit = |to: &SocketAddr| {
        let ip = to.ip().to_canonical();
        is_public(ip) || (is_local && ip.is_loopback())
    };
    if !found.iter().all(is_fit) {
        return Err(Fault::Inside);
    }
    found.first().copied().ok_or(Fault::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a name leads outside or nowhere. Method: what resolvers may answer, for a region on loopback and for others.
    #[test]
    fn one_inner_address_spoils_a_name() {
        let public = "1.1.1.1:443";
        for (found, is_local, expected) in [
            (vec![public], false, Ok(public)),
            (vec![public, "10.0.0.1:443"], false, Err(Fault::Inside)),
            (vec!["169.254.169.254:80"], false, Err(Fault::Inside)),
            (vec!["169.254.169.254:80"], true, Err(Fault::Inside)),
            (vec!["192.168.0.1:80"], true, Err(Fault::Inside)),
            (vec!["[::ffff:127.0.0.1]:80"], false, Err(Fault::Inside)),
            (vec!["127.0.0.1:80"], false, Err(Fault::Inside)),
            (vec!["127.0.0.1:80"], true, Ok("127.0.0.1:80")),
            (vec!["[::1]:80"], true, Ok("[::1]:80")),
            (vec![], true, Err(Fault::Unreachable)),
        ] {
            let read = |text: &&str| text.parse::<SocketAddr>().ok();
            let chosen = chosen(found.iter().filter_map(read), is_local);
            assert_eq!(chosen.map(|to| to.to_string()), expected.map(str::to_owned), "{found:?} {is_local}");
        }
    }
}
