//! A real server behind a line that fails: what is acknowledged is there, and what is wrong is named.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::TryStreamExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use store::probe::{ProbeError, probe};
use store::remote::Fault;
use store::{AppendError, Blobs, Bucket, Log};

use crate::conformance::servers::{check, remote};
use crate::conformance::wall;
use crate::kit::proxy::{Fate, Proxy};
use crate::kit::{Seeded, blob, cell, noise};
use crate::server::{BUCKET, Server};

/// A bucket behind the proxy.
fn behind(server: &Server, proxy: &Proxy, folder: &str) -> Bucket {
    Bucket::s3(&remote(server, &proxy.endpoint(), &format!("{BUCKET}/{folder}")), wall()).unwrap()
}

/// The first request of a kind meets this fate, all others pass.
fn once(method: &'static str, fate: Fate) -> impl FnMut(&crate::kit::proxy::Asked<'_>) -> Fate + Send {
    let mut is_done = false;
    move |asked| match asked.method == method && !is_done {
        true => {
            is_done = true;
            fate
        }
        false => Fate::Pass,
    }
}

/// A failing line to a server that keeps every promise loses nothing, and each fault is named.
pub async fn a_failing_line_loses_nothing_and_is_named(server: &Server) {
    let proxy = Proxy::before(server.port).await;
    every_fate_of_one_append(server, &proxy).await;
    every_fate_of_one_blob(server, &proxy).await;
    bad_days(server, &proxy).await;
    liars_are_refused(server, &proxy).await;
    refusals_are_named(server, &proxy).await;
}

const FATES: [Fate; 8] = [
    Fate::CutAfter,
    Fate::CutBefore,
    Fate::CutAmid,
    Fate::Hang,
    Fate::Refuse(500, "InternalError"),
    Fate::Refuse(503, "SlowDown"),
    Fate::RefuseAfter(500, "InternalError"),
    Fate::RefuseAfter(503, "SlowDown"),
];

/// DESIGN 2, step 5: unknown fate, then the same bytes again, and never other ones.
async fn every_fate_of_one_append(server: &Server, proxy: &Proxy) {
    let log = Log::new(behind(server, proxy, "append"), cell(1));
    for (seq, fate) in (0..).zip(FATES) {
        proxy.judge(once("PUT", fate));
        log.append(seq, noise(seq, 3_000)).await.unwrap_or_else(|error| panic!("{fate:?}: {error}"));
        assert_eq!(log.read(seq).await.unwrap(), Some(noise(seq, 3_000)), "{fate:?}");
    }
    // Somebody else's bytes under the number, and our own put's fate unknown: fenced, never taken for ours.
    proxy.judge(once("PUT", Fate::CutAfter));
    let other = log.append(3, noise(99, 3_000)).await;
    assert!(matches!(other, Err(AppendError::Fenced { seq: 3 })), "{other:?}");
    assert_eq!(log.read(3).await.unwrap(), Some(noise(3, 3_000)));
    proxy.judge(|_| Fate::Pass);
    let followed: Vec<_> = log.follow(0).try_collect().await.unwrap();
    assert_eq!(followed.len(), FATES.len());
}

async fn every_fate_of_one_blob(server: &Server, proxy: &Proxy) {
    let blobs = Blobs::new(behind(server, proxy, "blob"), cell(1));
    for (number, fate) in (0..).zip(FATES) {
        for (half, method, size) in [(0, "PUT", 100_000), (1, "PUT", 9 << 20), (2, "POST", 9 << 20)] {
            // WHY: what takes many bytes or puts them together may be slow, and is waited for.
            if fate == Fate::Hang && half > 0 {
                continue;
            }
            let number = number * 3 + half;
            let whole = noise(u64::from(number), size);
            // The second POST completes the upload; the first only begins it.
            let mut seen = 0;
            proxy.judge(move |asked| {
                seen += u32::from(asked.method == method);
                let is_it = asked.method == method && seen == 1 + u32::from(half == 2);
                if is_it { fate } else { Fate::Pass }
            });
            let mut writer = blobs.create(blob(number));
            writer.write(whole.clone()).await.unwrap();
            writer.finish().await.unwrap_or_else(|error| panic!("{fate:?} {method} {size}: {error:?}"));
            let read: Vec<Bytes> = blobs.read(blob(number), 0..size as u64).try_collect().await.unwrap();
            assert!(read.concat() == whole, "{fate:?} {method} {size}");
        }
    }
}

/// Every request meets a seeded fate; what was acknowledged is there, in order, without a gap.
async fn bad_days(server: &Server, proxy: &Proxy) {
    let (mut acked, mut unknown) = (Vec::<(u64, Bytes)>::new(), 0);
    let log = Log::new(behind(server, proxy, "days"), cell(1));
    let mut next = 0;
    for day in 0..4 {
        let chance = Mutex::new(ChaCha8Rng::seed_from_u64(day));
        proxy.judge(move |_| {
            let drawn = chance.lock().unwrap().next_u32() as usize % 30;
            // Without the one that waits: it is tried above, and each would take its seconds.
            let fates: Vec<Fate> = FATES.into_iter().filter(|fate| *fate != Fate::Hang).collect();
            fates.get(drawn).copied().unwrap_or(Fate::Pass)
        });
        for _ in 0..25 {
            let bytes = noise((day << 32) | next, 500);
            match log.append(next, bytes.clone()).await {
                Ok(()) => {
                    acked.push((next, bytes));
                    next += 1;
                }
                Err(AppendError::Unknown { .. }) => {
                    unknown += 1;
                    break;
                }
                Err(other) => panic!("nobody else writes here: {other}"),
            }
        }
        proxy.judge(|_| Fate::Pass);
        next = log.head(acked.last().map(|(seq, _)| *seq)).await.unwrap().map_or(0, |seq| seq + 1);
    }
    println!("{} commits acknowledged, {unknown} of unknown fate", acked.len());
    assert!(acked.len() > 20);
    for (seq, bytes) in acked {
        assert_eq!(log.read(seq).await.unwrap(), Some(bytes), "commit {seq}");
    }
    for seq in 0..next {
        assert!(log.read(seq).await.unwrap().is_some(), "gap at {seq}");
    }
}

async fn liars_are_refused(server: &Server, proxy: &Proxy) {
    // WHY a folder each: what a liar kept would be there for the next.
    let tried = |liar: &str, fate: fn(&str) -> Fate| {
        proxy.judge(move |asked| fate(asked.method));
        let bucket = behind(server, proxy, liar);
        async move { probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap_err() }
    };
    let forgets = tried("forgets", |method| if method == "PUT" { Fate::Forgetful } else { Fate::Pass }).await;
    assert!(matches!(forgets, ProbeError::Race { winners: 50 }), "{forgets:?}");
    let keeps =
        tried("keeps", |method| if method == "DELETE" { Fate::Refuse(204, "") } else { Fate::Pass }).await;
    assert!(matches!(keeps, ProbeError::ReadAfterDelete), "{keeps:?}");
    // The racers' puts and the listed one's; a list is asked for by the bucket's own path.
    let last_year = tried("years", |method| if method == "GET" { Fate::LastYear } else { Fate::Pass }).await;
    assert!(matches!(last_year, ProbeError::Clock { minutes: ..=-15 }), "{last_year:?}");
    let bucket = behind(server, proxy, "hides");
    proxy.judge(|asked| match (asked.method, asked.path.contains("list-type")) {
        ("GET", true) => Fate::Refuse(200, "<!-- nothing -->"),
        _ => Fate::Pass,
    });
    let hides = probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap_err();
    assert!(matches!(hides, ProbeError::ListAfterWrite | ProbeError::Store(_)), "{hides:?}");
    // Two in fifty are found too.
    let count = Arc::new(AtomicU64::new(0));
    proxy.judge(move |asked| {
        // WHY two: one of them may be the one that won.
        let is_lie = asked.method == "PUT" && (2..4).contains(&count.fetch_add(1, Ordering::Relaxed));
        if is_lie { Fate::Forgetful } else { Fate::Pass }
    });
    let sometimes = probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap_err();
    assert!(matches!(sometimes, ProbeError::Race { winners: 2..=3 }), "{sometimes:?}");
    proxy.judge(|_| Fate::Pass);
    probe(&bucket, &*Seeded::new(1), &*wall()).await.unwrap();
}

async fn refusals_are_named(server: &Server, proxy: &Proxy) {
    for (fate, fault) in [
        (Fate::Refuse(403, "RequestTimeTooSkewed"), Fault::Clock),
        (Fate::Refuse(403, "InvalidAccessKeyId"), Fault::Keys),
        (Fate::Refuse(403, "AccessDenied"), Fault::Denied),
        (Fate::Refuse(400, "AuthorizationHeaderMalformed"), Fault::Region),
        (Fate::Refuse(301, "PermanentRedirect"), Fault::Region),
        (Fate::Refuse(404, "NoSuchBucket"), Fault::NoBucket),
        (Fate::Refuse(503, "SlowDown"), Fault::Busy),
        (Fate::Refuse(500, "InternalError"), Fault::Failing),
        (Fate::Refuse(501, "NotImplemented"), Fault::Unable),
        (Fate::CutBefore, Fault::Cut),
    ] {
        proxy.judge(move |_| fate);
        check(remote(server, &proxy.endpoint(), BUCKET), &[fault]).await;
    }
    proxy.judge(|_| Fate::Pass);
}
