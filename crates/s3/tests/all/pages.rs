//! Listings in pages agree with a list in memory, whatever the pages' size.

use crate::house;

use std::collections::BTreeSet;

use futures::StreamExt;
use house::call::{escape, unescape};
use house::{BUCKET, Call, House};
use words::Id;
use words::noun::Upload;

/// Chance from a seed, of this test's own.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// Names with folders of many and of few, beside names that sort between them.
    fn key(&mut self) -> String {
        let mut key = String::new();
        for _ in 0..self.below(4) {
            key.push_str(self.of(&["a", "b", "ab", "é", "a-", "z z", "\u{1f9ec}", ""]));
            key.push_str(self.of(&["/", "/", "//", "-", "."]));
        }
        key + &format!("{:x}", self.below(4_000))
    }
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Row(String, String),
    Folder(String),
}

/// What a listing of these rows, in order, has to say.
fn expected(rows: &[(String, String)], prefix: &str, mark: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (key, version) in rows.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let end = key[prefix.len()..].find(mark).filter(|_| !mark.is_empty());
        let line = match end {
            Some(end) => Line::Folder(key[..prefix.len() + end + mark.len()].to_owned()),
            None => Line::Row(key.clone(), version.clone()),
        };
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The content of every element of this name.
fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap()).collect()
}

fn one(text: &str, name: &str) -> Option<String> {
    elements(text, name).first().map(|text| unescape(text))
}

/// A kind of listing: its query, the element of a row, the element of a row's own id, and how pages follow.
struct Kind {
    query: &'static str,
    size: &'static str,
    rows: &'static [&'static str],
    own: &'static str,
    /// What an answer says of the next page, and how it is asked for.
    next: &'static [(&'static str, &'static str)],
}

const FIRST: Kind =
    Kind { query: "", size: "max-keys", rows: &["Contents"], own: "none", next: &[("NextMarker", "marker")] };
const SECOND: Kind = Kind {
    query: "list-type=2",
    size: "max-keys",
    rows: &["Contents"],
    own: "none",
    next: &[("NextContinuationToken", "continuation-token")],
};
const VERSIONS: Kind = Kind {
    query: "versions=",
    size: "max-keys",
    rows: &["Version", "DeleteMarker"],
    own: "VersionId",
    next: &[("NextKeyMarker", "key-marker"), ("NextVersionIdMarker", "version-id-marker")],
};
const UPLOADS: Kind = Kind {
    query: "uploads=",
    size: "max-uploads",
    rows: &["Upload"],
    own: "UploadId",
    next: &[("NextKeyMarker", "key-marker"), ("NextUploadIdMarker", "upload-id-marker")],
};

fn lines(text: &str, kind: &Kind) -> BTreeSet<Line> {
    let rows = kind.rows.iter().flat_map(|name| elements(text, name));
    let rows = rows.map(|row| Line::Row(one(row, "Key").unwrap(), one(row, kind.own).unwrap_or_default()));
    let folders = elements(text, "CommonPrefixes").into_iter();
    rows.chain(folders.map(|folder| Line::Folder(one(folder, "Prefix").unwrap()))).collect()
}

/// Walks a listing to its end; every page holds the next lines, as many as asked for.
async fn check(house: &House, bucket: &str, kind: &Kind, asked: (&str, &str, usize), expected: &[Line]) {
    let (prefix, mark, size) = asked;
    let query = |text: &str| escape(text).replace('/', "%2F");
    let base = format!(
        "{}&encoding-type=url&prefix={}&delimiter={}&{}={size}",
        kind.query,
        query(prefix),
        query(mark),
        kind.size
    );
    let base = base.trim_start_matches('&').to_owned();
    let (mut at, mut from) = (0, String::new());
    loop {
        let answer = house.call(Call::get(&format!("/{bucket}?{base}{from}"))).await;
        assert_eq!(answer.status, 200, "{base}{from}: {}", answer.text());
        let text = answer.text();
        let page = lines(&text, kind);
        let end = (at + size).min(expected.len());
        let wanted: BTreeSet<Line> = expected[at..end].iter().cloned().collect();
        assert_eq!(page, wanted, "{bucket} {base}{from} at {at}");
        at = end;
        let is_cut = one(&text, "IsTruncated").unwrap() == "true";
        assert_eq!(is_cut, at < expected.len(), "{bucket} {base}{from}: whether there is more");
        if !is_cut {
            return;
        }
        from = String::new();
        for (said, asked) in kind.next {
            if let Some(next) = one(&text, said) {
                from.push_str(&format!("&{asked}={}", query(&next)));
            }
        }
    }
}

async fn bucket(house: &House, name: &str) {
    let answer = house.call(Call::put(&format!("/{name}"), b"")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

const ASKED: [(&str, &str, usize); 9] = [
    ("", "", 1_000),
    ("", "/", 1_000),
    ("", "/", 3),
    ("a", "/", 7),
    ("a/", "/", 2),
    ("", "//", 10),
    ("", "a-", 50),
    ("é", "", 31),
    ("nothing here", "/", 5),
];

/// Goal: pages agree with an oracle. Method: seeded keys, the first seed 2,500 of them, both kinds of listing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects() {
    let house = House::open().await;
    for (seed, count) in [(1, 2_500), (2, 300), (3, 300)] {
        let name = format!("pages-{seed}");
        bucket(&house, &name).await;
        let mut chance = Chance(seed);
        let mut keys = BTreeSet::new();
        while keys.len() < count {
            keys.insert(chance.key());
        }
        let puts = keys.iter().map(|key| house.call(Call::put(&format!("/{name}/{}", escape(key)), b"")));
        let failed = futures::stream::iter(puts).buffer_unordered(64).filter(|answer| {
            let is_failed = answer.status != 200;
            async move { is_failed }
        });
        assert_eq!(failed.count().await, 0);
        let rows: Vec<_> = keys.into_iter().map(|key| (key, String::new())).collect();
        for kind in [FIRST, SECOND] {
            for asked in ASKED {
                check(&house, &name, &kind, asked, &expected(&rows, asked.0, asked.1)).await;
            }
        }
    }
    house.close().await;
}

#[tokio::test]
async fn versions() {
    let house = House::open().await;
    for seed in [4, 5] {
        let name = format!("versions-{seed}");
        bucket(&house, &name).await;
        let on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        assert_eq!(house.call(Call::put(&format!("/{name}?versioning="), on)).await.status, 200);
        let mut chance = Chance(seed);
        let some: Vec<_> = (0..60).map(|_| chance.key()).collect();
        // By key, and of a key the newest first.
        let mut rows: Vec<(String, String)> = Vec::new();
        for _ in 0..200 {
            let key = &some[chance.below(some.len())];
            let target = format!("/{name}/{}", escape(key));
            let call = if chance.below(4) == 0 { Call::delete(&target) } else { Call::put(&target, b"") };
            let answer = house.call(call).await;
            let at = rows.partition_point(|(own, _)| own < key);
            // A key that was never there gets a marker too.
            let version = answer.header("x-amz-version-id").expect("a version").to_owned();
            rows.insert(at, (key.clone(), version));
        }
        for asked in ASKED {
            check(&house, &name, &VERSIONS, asked, &expected(&rows, asked.0, asked.1)).await;
        }
        check(&house, &name, &VERSIONS, ("", "", 1), &expected(&rows, "", "")).await;
    }
    house.close().await;
}

/// Goal: a page goes on where it stopped, whatever was deleted since. Method: the version that ended it is.
#[tokio::test]
async fn a_version_deleted_between_two_pages_hides_no_other() {
    let house = House::open().await;
    let on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(house.call(Call::put(&format!("/{BUCKET}?versioning="), on)).await.status, 200);
    let mut versions = Vec::new();
    for _ in 0..4 {
        let answer = house.call(Call::put(&format!("/{BUCKET}/a"), b"")).await;
        versions.push(answer.header("x-amz-version-id").unwrap().to_owned());
    }
    versions.reverse();
    let gone = &versions[1];
    assert_eq!(house.call(Call::delete(&format!("/{BUCKET}/a?versionId={gone}"))).await.status, 204);
    let query = format!("versions=&key-marker=a&version-id-marker={gone}");
    let next = house.call(Call::get(&format!("/{BUCKET}?{query}"))).await;
    assert_eq!(next.all("VersionId"), versions[2..], "{}", next.text());
    house.close().await;
}

#[tokio::test]
async fn uploads() {
    let house = House::open().await;
    let mut chance = Chance(6);
    let some: Vec<_> = (0..40).map(|_| chance.key()).collect();
    let mut rows: Vec<(String, String)> = Vec::new();
    for number in 0..90 {
        let key = &some[chance.below(some.len())];
        let upload = house.start_upload(&escape(key)).await;
        // Some have a part already, most have none.
        if number % 5 == 0 {
            let target = format!("/{BUCKET}/{}?partNumber=1&uploadId={upload}", escape(key));
            assert_eq!(house.call(Call::put(&target, b"part")).await.status, 200);
        }
        rows.push((key.clone(), upload));
    }
    rows.sort_by_key(|(key, upload)| (key.clone(), upload.parse::<Id<Upload>>().unwrap().to_bytes()));
    for asked in ASKED {
        check(&house, BUCKET, &UPLOADS, asked, &expected(&rows, asked.0, asked.1)).await;
    }
    check(&house, BUCKET, &UPLOADS, ("", "", 1), &expected(&rows, "", "")).await;
    house.close().await;
}

/// Goal: a marker that is the prefix hides nothing. Method: uploads, objects and versions of one folder.
#[tokio::test]
async fn a_marker_at_the_prefix_starts_at_its_begin() {
    let house = House::open().await;
    house.start_upload("a/x").await;
    assert_eq!(house.call(Call::put(&format!("/{BUCKET}/a/x"), b"")).await.status, 200);
    for query in [
        "uploads=&key-marker=a%2F",
        "marker=a%2F",
        "list-type=2&start-after=a%2F",
        "versions=&key-marker=a%2F",
    ] {
        let answer = house.call(Call::get(&format!("/{BUCKET}?{query}&prefix=a%2F&delimiter=%2F"))).await;
        assert_eq!(answer.all("Key"), ["a/x"], "{query}: {}", answer.text());
    }
    house.close().await;
}

#[tokio::test]
async fn buckets() {
    let house = House::open().await;
    for number in 0..5 {
        bucket(&house, &format!("shelf-{number}")).await;
    }
    let (mut names, mut from) = (Vec::new(), String::new());
    loop {
        let answer = house.call(Call::get(&format!("/?max-buckets=2&prefix=shelf-{from}"))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let page = answer.all("Name");
        assert!(page.len() <= 2, "{page:?}");
        names.extend(page);
        match answer.all("ContinuationToken").first() {
            Some(token) => from = format!("&continuation-token={token}"),
            None => break,
        }
    }
    assert_eq!(names, ["shelf-0", "shelf-1", "shelf-2", "shelf-3", "shelf-4"]);
    let owned = house.call(Call::put(&format!("/{BUCKET}/a"), b"")).await;
    assert_eq!(owned.status, 200);
    let owners = |text: &str| elements(text, "Owner").len();
    assert_eq!(
        owners(&house.call(Call::get(&format!("/{BUCKET}?fetch-owner=true&list-type=2"))).await.text()),
        1
    );
    assert_eq!(owners(&house.call(Call::get(&format!("/{BUCKET}?list-type=2"))).await.text()), 0);
    house.close().await;
}
