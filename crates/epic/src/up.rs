//! `epic up`: the region on its listeners, until it is told to end.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::ArgMatches;
use listen::Seated;
use region::Region;
use region::expiry::Ages;
use region::meter::Gauge;
use s3::{Front, FrontError, S3Door};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use web::{ActsDoor, METRICS_PATH};
use words::{Clock, Place, Timestamp};

use crate::failure::Failure;
use crate::found;
use crate::log::{self, Log};
use crate::paint::Paint;
use crate::print;
use crate::settings::Settings;
use crate::world::{self, SystemClock, Watch};

/// WHY: the policy engine refuses to judge where less than a part of this is left.
const STACK_BYTES: usize = 8 << 20;

/// WHY: writes that are on their way to the disk arrive; a read that nobody answers does not.
const BLOCKED_WAIT: Duration = Duration::from_secs(2);

const START_AGAIN: &str =
    "the ledger is whole; see that no other process serves this region, and start again";

/// Brings the region up and tends it.
pub fn up(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let watch = Watch::start();
    let log = log::begin(matches)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build();
    let runtime = runtime.map_err(|cause| Failure::chain(&cause, "free some memory or file descriptors"))?;
    let ended = runtime.block_on(live(matches, settings, &watch, log));
    // WHY with a bound: whoever was told to end while a passphrase was asked for does not wait for it.
    runtime.shutdown_timeout(BLOCKED_WAIT);
    ended
}

/// The four doors, and the page of figures.
struct Listeners {
    s3: TcpListener,
    s3_inside: TcpListener,
    acts: TcpListener,
    acts_inside: TcpListener,
    metrics: Option<TcpListener>,
    /// What S3's doors are called, and whose pages may ask them.
    front: Front,
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
    let doors = tokio::spawn(listeners.serve(region.clone(), stopped.clone()));
    let (end, ended) = watch::channel(());
    let mut tending = tokio::spawn({
        let region = region.clone();
        async move { region.tend_by(ages, told(ended)).await }
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
    let parts = tokio::task::spawn_blocking(move || found::places(&asked).parts(found::passphrase(&asked)));
    let parts = parts.await.map_err(|cause| Failure::chain(&cause, START_AGAIN))??;
    let probed = store::probe::probe(&parts.bucket, parts.rand.as_ref()).await;
    probed.map_err(|error| found::refused_store(&error))?;
    let region = Region::open(parts).await.map_err(found::start)?;
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
        Ok(Self {
            bound: SystemClock.now(),
            s3: listen(matches, "s3").await?,
            s3_inside: listen(matches, "s3-inside").await?,
            acts: listen(matches, "acts").await?,
            acts_inside: listen(matches, "acts-inside").await?,
            metrics: match matches.contains_id("metrics") {
                true => Some(listen(matches, "metrics").await?),
                false => None,
            },
            front: front(matches)?,
        })
    }

    /// The line that says that it is ready, and where.
    fn ready(&self, region: &Region, settings: &Settings, elapsed: Duration) -> Result<String, Failure> {
        let at = |listener: &TcpListener| address(listener).map(|address| format!("http://{address}"));
        let (acts, acts_inside) = (at(&self.acts)?, at(&self.acts_inside)?);
        let (s3, s3_inside) = (at(&self.s3)?, at(&self.s3_inside)?);
        let metrics = self.metrics.as_ref().map(&at).transpose()?.map(|url| url + METRICS_PATH);
        let name = &region.ground().origin;
        if settings.is_json {
            let ready = json!({
                "ready": true, "region": name, "acts": acts, "acts_inside": acts_inside, "s3": s3, "s3_inside": s3_inside,
                "elapsed_ms": u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), "metrics": metrics,
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
        ) + &metrics.map(|url| format!("  {}  {url}\n", dim("figures"))).unwrap_or_default())
    }

    /// Serves on all of them until told to stop.
    async fn serve(self, region: Region, stopped: watch::Receiver<()>) {
        let s3 = |place| S3Door::fronted(region.clone(), place, s3::Limits::default(), self.front.clone());
        let (outside, inside) = (s3(Place::Outside), s3(Place::Inside));
        let acts = |listener: &TcpListener, place| {
            let address = listener.local_addr().ok()?;
            Some(ActsDoor::new(region.clone(), place, address, self.bound))
        };
        let (acts_outside, acts_inside) =
            (acts(&self.acts, Place::Outside), acts(&self.acts_inside, Place::Inside));
        let seats = seats([&outside, &inside], [acts_outside.as_ref(), acts_inside.as_ref()]);
        let watching = async {
            if let Some(listener) = self.metrics {
                web::watch(listener, region.clone(), move || figures(&seats), told(stopped.clone())).await;
            }
        };
        let acting = |listener, door: Option<ActsDoor>| {
            let stopped = stopped.clone();
            async move {
                if let Some(door) = door {
                    web::serve(listener, door, told(stopped)).await;
                }
            }
        };
        tokio::join!(
            acting(self.acts, acts_outside),
            acting(self.acts_inside, acts_inside),
            s3::serve(self.s3, outside, told(stopped.clone())),
            s3::serve(self.s3_inside, inside, told(stopped.clone())),
            watching,
        );
    }
}

/// A door's name, how many sit at it, and how many may.
type Seats = Vec<(&'static str, Arc<Seated>, usize)>;

fn seats(s3: [&S3Door; 2], acts: [Option<&ActsDoor>; 2]) -> Seats {
    let of_s3 = ["s3", "s3_inside"].into_iter().zip(s3);
    let of_s3 = of_s3.map(|(name, door)| (name, door.seated(), door.limits().connections_max));
    let of_acts = ["acts", "acts_inside"].into_iter().zip(acts);
    let of_acts =
        of_acts.filter_map(|(name, door)| Some((name, door?.seated(), door?.limits().connections_max)));
    of_s3.chain(of_acts).collect()
}

/// What the region does not know of its process.
fn figures(seats: &Seats) -> Vec<Gauge> {
    let gauge = |name, help, door, value| Gauge { name, help, labels: vec![("door", door)], value };
    let taken = seats
        .iter()
        .map(|(door, seated, _)| gauge("epic_seats", "Connections of a door.", *door, seated.now()));
    let most = seats.iter().map(|(door, _, most)| {
        gauge(
            "epic_seats_max",
            "Connections that a door has room for.",
            *door,
            u64::try_from(*most).unwrap_or(u64::MAX),
        )
    });
    let memory = world::resident_bytes().map(|value| {
        let (name, help) = ("process_resident_memory_bytes", "Memory of the process.");
        Gauge { name, help, labels: Vec::new(), value }
    });
    taken.chain(most).chain(memory).collect()
}

/// The names that S3's doors answer to.
fn front(matches: &ArgMatches) -> Result<Front, Failure> {
    let domains = named(matches, "s3-domain")?;
    Ok(Front::new(domains, named(matches, "console-origin")?))
}

fn named<T: FromStr<Err = FrontError>>(matches: &ArgMatches, name: &str) -> Result<Vec<T>, Failure> {
    let given = matches.get_many::<String>(name).into_iter().flatten();
    let read = given.map(|text| {
        text.parse()
            .map_err(|error: FrontError| Failure::yours(format!("`--{name} {text}`"), error.to_string()))
    });
    read.collect()
}

/// A listener on loopback; anything else would need TLS, which is not here yet.
async fn listen(matches: &ArgMatches, name: &str) -> Result<TcpListener, Failure> {
    let text = matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let address: SocketAddr = text.parse().map_err(|_| {
        Failure::yours(format!("`{text}` is no address for `--{name}`"), "write it as `127.0.0.1:9000`")
    })?;
    if !address.ip().is_loopback() {
        let says = format!("`--{name} {address}` would be heard on a network without TLS");
        return Err(Failure::yours(says, "listen on 127.0.0.1 and put a proxy with TLS before it"));
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
