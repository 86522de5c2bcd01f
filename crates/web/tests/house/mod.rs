//! Doors over a region in memory, and persons before them.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;

use region::twin::{Soil, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use web::ActsDoor;
use web::client::{Client, Who};
use words::act::SessionOpen;
use words::{Actor, Place};

/// Serves the acts of a world in one place.
pub async fn listen(world: &World, place: Place, limits: Option<listen::Limits>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (region, bound) = (world.region.clone(), words::Clock::now(world.soil.clock.as_ref()));
    let door = match limits {
        None => ActsDoor::new(region, place, address, bound),
        Some(limits) => ActsDoor::with(region, place, address, bound, limits),
    };
    tokio::spawn(web::serve(listener, door, std::future::pending()));
    address
}

/// A person with their own key.
pub fn client(world: &World, person: &str, at: SocketAddr) -> Client {
    Client {
        address: at.into(),
        trust: None,
        who: Who::Key(Arc::new(World::key(person).unwrap())),
        clock: Arc::clone(&world.soil.clock) as _,
        rand: Arc::clone(&world.soil.rand) as _,
        credential: None,
        attempt: None,
        upon: None,
    }
}

/// A door over PLANET in memory, as a browser comes to it.
pub struct House {
    pub world: World,
    pub at: SocketAddr,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The machine-readable reason that a page of a refusal shows.
    pub fn reason(&self) -> Option<&str> {
        let (_, rest) = self.body.split_once("Reason: <code>")?;
        rest.split_once("</code>").map(|(code, _)| code)
    }

    /// The value of a cookie that is set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let set = self.headers.iter().filter(|(of, _)| of == "set-cookie");
        set.filter_map(|(_, value)| value.strip_prefix(name)?.strip_prefix('='))
            .map(|rest| rest.split(';').next().unwrap())
            .next()
    }
}

impl House {
    pub async fn open() -> Self {
        let world = World::planet(Soil::new(3)).await.unwrap();
        let at = listen(&world, Place::Outside, None).await;
        Self { world, at }
    }

    pub fn client(&self, person: &str) -> Client {
        client(&self.world, person, self.at)
    }

    /// One request; `more` are further headers.
    pub async fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if more.iter().all(|(name, _)| *name != "host") {
            request += &format!("host: {}\r\n", self.at);
        }
        for (name, value) in more {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n{body}", body.len());
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: body.to_owned() }
    }

    /// Signs somebody in by a one-time link: the cookie to come with.
    pub async fn sign_in(&self, person: &str) -> String {
        let link = self.client(person).link(3_600).await.unwrap();
        let path = link.url.expose().split_once(&self.at.to_string()).unwrap().1.to_owned();
        let asked = self.ask("GET", &path, &[], "").await;
        assert_eq!(asked.status, 200);
        assert!(asked.cookie("__Host-epic").is_none(), "looking at a link uses nothing up");
        let entered = self.ask("POST", &path, &[("origin", &self.origin())], "").await;
        assert_eq!((entered.status, entered.header("location")), (303, Some("/")), "{}", entered.body);
        let again = self.ask("POST", &path, &[("origin", &self.origin())], "").await;
        assert_eq!(again.reason(), Some("session_ended"), "a link works once");
        format!("__Host-epic={}", entered.cookie("__Host-epic").unwrap())
    }

    /// A session of somebody inside. WHY not by a link: who comes with a key of their own comes from outside.
    pub async fn session_inside(&self, person: &str) -> String {
        let inside = Actor { place: Place::Inside, ..self.world.actor(person) };
        let opened = self.world.region.open_session(&inside, SessionOpen { seconds: None }).await.unwrap();
        opened.ticket.expose().clone()
    }

    /// The cookie of one.
    pub async fn cookie_inside(&self, person: &str) -> String {
        format!("__Host-epic={}", self.session_inside(person).await)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.at)
    }

    pub async fn get(&self, cookie: &str, path: &str) -> Answer {
        self.ask("GET", path, &[("cookie", cookie)], "").await
    }

    pub async fn post(&self, cookie: &str, path: &str, form: &str) -> Answer {
        let origin = self.origin();
        let more = [
            ("cookie", cookie),
            ("origin", origin.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.ask("POST", path, &more, form).await
    }
}
