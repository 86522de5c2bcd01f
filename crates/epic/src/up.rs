//! `epic up`: the region on its listeners, until it is told to end.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use clap::ArgMatches;
use listen::{Port, Tls, Trust};
use region::Region;
use region::expiry::Ages;
use region::tend::Pace;
use s3::{Front, S3Door};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use web::{ActsDoor, METRICS_PATH, Telling};
use words::{Clock, Place, Timestamp};

use crate::failure::{Failure, Fault};
use crate::found;
use crate::front;
use crate::log::{self, Log};
use crate::notices;
use crate::paint::Paint;
use crate::print;
use crate::restore;
use crate::settings::Settings;
use crate::world::{SystemClock, Watch};

/// WHY: the policy engine refuses to judge where less than a part of this is left.
const STACK_BYTES: usize = 8 << 20;

/// WHY: writes that are on their way to the disk arrive; a read that nobody answers does not.
const BLOCKED_WAIT: Duration = Duration::from_secs(2);

/// WHY: renewals come weeks before the end; a minute is soon enough.
const RENEW_WAIT: Duration = Duration::from_secs(60);

const START_AGAIN: &str =
    "the ledger is whole; see that no other process serves this region, and start again";

/// Brings the region up and tends it.
pub fn up(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let watch = Watch::start();
    let log = log::begin(matches, settings)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let runtime = runtime.map_err(|cause| Failure::chain(&cause, "free some memory or file descriptors"))?;
    let ended = runtime.block_on(live(matches, settings, &watch, log));
    // WHY with a bound: whoever was told to end while a passphrase was asked for does not wait for it.
    runtime.shutdown_timeout(BLOCKED_WAIT);
    ended
}

/// The four doors, and what is opened if it is asked for.
struct Listeners {
    s3: TcpListener,
    s3_inside: TcpListener,
    acts: TcpListener,
    acts_inside: TcpListener,
    metrics: Option<TcpListener>,
    /// Where other regions ask for witnessing.
    witness: Option<TcpListener>,
    /// What S3's doors are called, and whose pages may ask them.
    front: Front,
    /// How people are told of what waits and ends, if they are.
    telling: Option<Telling>,
    /// What they all speak, if anybody beyond this machine hears it.
    tls: Option<Tls>,
    /// Since when.
    bound: Timestamp,
}

async fn live(
    matches: &ArgMatches,
    settings: &Settings,
    watch: &Watch,
    log: Option<Log>,
) -> Result<(), Failure> {
    let ages = Ages { upload_days: matches.get_one::<u32>("upload-days").copied().unwrap_or_default() };
    let pace = Pace(matches.get_one::<u32>("pace").copied().unwrap_or(1));
    // WHY first: whoever is asked to end before it is ready ends in good order, as if cut off: nothing was promised.
    let mut word = Word::listen()?;
    let _reopening = Reopening::of(log)?;
    let (listeners, region) = tokio::select! {
        biased;
        () = word.given() => return Ok(()),
        opened = open(matches) => opened?,
    };
    // WHY before it serves: whoever connects now is answered, after this line and not before it.
    print::out(&listeners.ready(&region, settings, watch.elapsed())?)?;
    let (stop, stopped) = watch::channel(());
    // WHY none is no fault: without a bundle witnesses on this machine are asked, and others said to be unproven.
    let trust = Trust::read(&settings.ca_file).ok();
    let doors = tokio::spawn(listeners.serve(region.clone(), trust, stopped.clone()));
    let (end, ended) = watch::channel(());
    let mut tending = tokio::spawn({
        let region = region.clone();
        async move { region.tend_by(ages, pace, told(ended)).await }
    });
    // WHY both: a region that has lost its root serves nobody, and whoever watches the process must see it end.
    let lost = tokio::select! {
        () = word.given() => None,
        tended = &mut tending => Some(tended),
    };
    drop(stop);
    // A door that failed has nothing to say any more.
    let _joined = doors.await;
    // WHY last: what the doors' last requests observed is recorded too.
    drop(end);
    let was_told = lost.is_none();
    let tended = match lost {
        Some(tended) => tended,
        None => tending.await,
    };
    tended.map_err(|cause| Failure::chain(&cause, START_AGAIN))?;
    if was_told { Ok(()) } else { Err(Failure::ours("this process no longer leads the region", START_AGAIN)) }
}

/// Ports, store and region, in this order.
async fn open(matches: &ArgMatches) -> Result<(Listeners, Region), Failure> {
    // WHY first: a busy port is told before anything is opened.
    let listeners = Listeners::open(matches).await?;
    let asked = matches.clone();
    // WHY on a thread of its own: it may wait for a person who types a passphrase.
    let parts = tokio::task::spawn_blocking(move || found::places(&asked)?.parts(found::passphrase(&asked)));
    let parts = parts.await.map_err(|cause| Failure::chain(&cause, START_AGAIN))??;
    let probed = store::probe::probe(&parts.bucket, parts.rand.as_ref(), parts.clock.as_ref()).await;
    probed.map_err(|error| found::refused_store(&error))?;
    let region = Region::open(parts).await.map_err(found::start)?;
    // WHY after: a region that did not open keeps its format, and its release.
    let places = found::places(matches)?;
    places.name(&region.ground().origin)?;
    restore::record_loss(&places, &region).await?;
    Ok((listeners, region))
}

/// Ctrl-C or a kind request to end.
struct Word {
    interrupt: Signal,
    terminate: Signal,
}

impl Word {
    fn listen() -> Result<Self, Failure> {
        let failed = |cause: std::io::Error| Failure::chain(&cause, "");
        let interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let terminate = signal(SignalKind::terminate()).map_err(failed)?;
        Ok(Self { interrupt, terminate })
    }

    async fn given(&mut self) {
        tokio::select! {
            _told = self.interrupt.recv() => {}
            _told = self.terminate.recv() => {}
        }
    }
}

/// Opens the log's file anew on every hang-up, as long as it is held.
struct Reopening(Option<tokio::task::JoinHandle<()>>);

impl Reopening {
    fn of(log: Option<Log>) -> Result<Self, Failure> {
        let Some(log) = log else { return Ok(Self(None)) };
        let mut hangup = signal(SignalKind::hangup()).map_err(|cause| Failure::chain(&cause, ""))?;
        let reopening = async move {
            while hangup.recv().await.is_some() {
                if let Err(error) = log.reopen() {
                    tracing::warn!(%error, "the log cannot be opened anew");
                }
            }
        };
        Ok(Self(Some(tokio::spawn(reopening))))
    }
}

impl Drop for Reopening {
    fn drop(&mut self) {
        self.0.take().iter().for_each(tokio::task::JoinHandle::abort);
    }
}

async fn told(mut stopped: watch::Receiver<()>) {
    // An error means that the sender is gone, which is the word to stop.
    let _gone = stopped.changed().await;
}

impl Listeners {
    async fn open(matches: &ArgMatches) -> Result<Self, Failure> {
        let tls = tls(matches)?;
        let is_secure = tls.is_some();
        Ok(Self {
            bound: SystemClock.now(),
            s3: listen(matches, "s3", is_secure).await?,
            s3_inside: listen(matches, "s3-inside", is_secure).await?,
            acts: listen(matches, "acts", is_secure).await?,
            acts_inside: listen(matches, "acts-inside", is_secure).await?,
            metrics: match matches.contains_id("metrics") {
                // WHY never beyond this machine: who watches it signs nothing.
                true => Some(listen(matches, "metrics", false).await?),
                false => None,
            },
            witness: match matches.contains_id("witness") {
                true => Some(listen(matches, "witness", is_secure).await?),
                false => None,
            },
            front: front::front(matches)?,
            telling: notices::telling(matches)?,
            tls,
        })
    }

    /// The line that says that it is ready, and where.
    fn ready(&self, region: &Region, settings: &Settings, elapsed: Duration) -> Result<String, Failure> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let at = |listener: &TcpListener| address(listener).map(|address| format!("{scheme}://{address}"));
        let (acts, acts_inside) = (at(&self.acts)?, at(&self.acts_inside)?);
        let (s3, s3_inside) = (at(&self.s3)?, at(&self.s3_inside)?);
        let figures = self.metrics.as_ref().map(address).transpose()?;
        let metrics = figures.map(|address| format!("http://{address}{METRICS_PATH}"));
        let witness = self.witness.as_ref().map(at).transpose()?;
        let name = &region.ground().origin;
        if settings.is_json {
            let ready = json!({
                "ready": true, "region": name, "acts": acts, "acts_inside": acts_inside, "s3": s3, "s3_inside": s3_inside,
                "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), "metrics": metrics, "witness": witness,
            });
            return Ok(format!("{ready}\n"));
        }
        let paint = Paint::new(settings.is_out_coloured);
        let head = paint.good(&format!("{name} is ready"));
        let dim = |text: &str| paint.dim(text);
        Ok(format!(
            "{head} {}\n  {}  {s3}     {} {s3_inside}\n  {}  {acts}     {} {acts_inside}\n",
            dim(&format!("after {:.2} s; end it with Ctrl-C", elapsed.as_secs_f64())),
            dim("s3  "),
            dim("inside"),
            dim("acts"),
            dim("inside"),
        ) + &metrics.map(|url| format!("  {}  {url}\n", dim("figures"))).unwrap_or_default()
            + &witness.map(|url| format!("  {}  {url}\n", dim("witness"))).unwrap_or_default())
    }

    /// Serves on all of them until told to stop.
    async fn serve(self, region: Region, trust: Option<Trust>, stopped: watch::Receiver<()>) {
        // WHY a task of its own: judging what everybody may see keeps a thread busy, and the doors wait for nobody.
        let until = told(stopped.clone());
        let telling = tokio::spawn(web::tell_people(region.clone(), self.telling, trust.clone(), until));
        let looking = crate::examine::workers().map(|(examiner, maker)| {
            tokio::spawn(flow::follow(region.clone(), examiner, maker, told(stopped.clone())))
        });
        let port = |listener| Port { listener, tls: self.tls.clone() };
        let s3 = |place| S3Door::fronted(region.clone(), place, s3::Limits::default(), self.front.clone());
        let (outside, inside) = (s3(Place::Outside), s3(Place::Inside));
        let acts = |listener: &TcpListener, place| {
            let address = listener.local_addr().ok()?;
            let proof = (self.tls.clone(), trust.clone());
            Some(ActsDoor::secured(region.clone(), place, address, self.bound, proof))
        };
        let (acts_outside, acts_inside) =
            (acts(&self.acts, Place::Outside), acts(&self.acts_inside, Place::Inside));
        let seats = front::seats([&outside, &inside], [acts_outside.as_ref(), acts_inside.as_ref()]);
        let watching = async {
            if let Some(listener) = self.metrics {
                let figures = move || front::figures(&seats);
                web::watch(listener, region.clone(), figures, told(stopped.clone())).await;
            }
        };
        let witnessing = async {
            if let Some(listener) = self.witness {
                web::witness(port(listener), region.clone(), told(stopped.clone())).await;
            }
        };
        let acting = |listener, door: Option<ActsDoor>| {
            let (stopped, port) = (stopped.clone(), port(listener));
            async move {
                if let Some(door) = door {
                    web::serve(port, door, told(stopped)).await;
                }
            }
        };
        tokio::join!(
            acting(self.acts, acts_outside),
            acting(self.acts_inside, acts_inside),
            s3::serve(port(self.s3), outside, told(stopped.clone())),
            s3::serve(port(self.s3_inside), inside, told(stopped.clone())),
            watching,
            witnessing,
            web::keep_issuers(region.clone(), trust.clone(), told(stopped.clone())),
            web::ask_witnesses(region.clone(), trust, told(stopped.clone())),
            renew(self.tls.clone(), told(stopped.clone())),
        );
        // A task that failed has nothing to say any more.
        let _joined = telling.await;
        if let Some(looking) = looking {
            let _joined = looking.await;
        }
    }
}

/// The certificate of all doors, if there is one.
fn tls(matches: &ArgMatches) -> Result<Option<Tls>, Failure> {
    let file = |name: &str| matches.get_one::<String>(name).map(Path::new);
    let (Some(certificate), Some(key)) = (file("tls-certificate"), file("tls-key")) else {
        return Ok(None);
    };
    let tls = Tls::read(certificate, key);
    tls.map(Some).map_err(|error| Failure { fault: Fault::Yours, ..Failure::chain(&error, error.hint()) })
}

/// Takes a renewed certificate within a minute, or at a hang-up signal, and keeps the former while the new one does not fit.
async fn renew(tls: Option<Tls>, until: impl Future<Output = ()>) {
    let (Some(tls), Ok(mut hang_up)) = (tls, signal(SignalKind::hangup())) else {
        return;
    };
    let mut until = std::pin::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return,
            _told = hang_up.recv() => {}
            () = tokio::time::sleep(RENEW_WAIT) => {}
        }
        match tls.renew() {
            Ok(_is_other) => {}
            Err(error) => {
                tracing::warn!(%error, "the certificate cannot be renewed; the former one serves on")
            }
        }
    }
}

/// A listener on loopback, or with TLS on any address.
async fn listen(matches: &ArgMatches, name: &str, is_secure: bool) -> Result<TcpListener, Failure> {
    let text = matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let address: SocketAddr = text.parse().map_err(|_| {
        Failure::yours(format!("`{text}` is no address for `--{name}`"), "write it as `127.0.0.1:9000`")
    })?;
    if !address.ip().is_loopback() && !is_secure {
        let says = format!("`--{name} {address}` would be heard on a network without TLS");
        return Err(Failure::yours(says, "give `--tls-certificate` and `--tls-key`, or listen on 127.0.0.1"));
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|cause| {
        Failure::yours(
            format!("cannot listen on {address}: {cause}"),
            format!("choose another address with `--{name}`"),
        )
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|cause| Failure::chain(&cause, ""))
}
