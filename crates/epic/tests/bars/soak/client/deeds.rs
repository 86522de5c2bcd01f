//! What clients of the soak do with objects, one request or upload each.

use region::twin::Access;

use super::{Client, Done, Doors, KEYS, Key, Lost};
use crate::bars::kill::Content;
use crate::kit::Call;

/// S3 takes no smaller part but as the last.
const PART_BYTES: u64 = 5 << 20;

impl Client {
    pub(super) fn large(&mut self) -> Content {
        Content { seed: self.dice.roll(u64::MAX), size_bytes: PART_BYTES + self.dice.roll(1 << 20) }
    }

    /// WHY a byte at least: what an upload of nothing is, no two servers agree on.
    fn small(&mut self) -> Content {
        let content = Content::new(&mut self.dice);
        Content { size_bytes: content.size_bytes.max(1), ..content }
    }

    pub(super) async fn put(&mut self, at: Doors, key: u64, content: Content) -> Done {
        let call = Call::put(&self.target(key), &content.bytes());
        self.change(at, key, Some(content), call).await
    }

    pub(super) async fn copy(&mut self, at: Doors, key: u64) -> Done {
        let from = self.dice.roll(KEYS);
        let Key { now: Some(content), doubt: None } = self.keys[&from] else { return Ok(()) };
        // SPEC: S3 refuses a copy of an object onto itself.
        if from == key {
            return Ok(());
        }
        let call = Call::put(&self.target(key), b"").with("x-amz-copy-source", &self.target(from));
        self.change(at, key, Some(content), call).await
    }

    pub(super) async fn range(&mut self, at: Doors, key: u64) -> Done {
        let Some(content) = self.keys[&key].now.filter(|content| content.size_bytes > 0) else {
            return Ok(());
        };
        let from = self.dice.roll(content.size_bytes);
        let to = from + self.dice.roll(content.size_bytes - from);
        let call = Call::get(&self.target(key)).with("range", &format!("bytes={from}-{to}"));
        let answer = self.done(at, call).await?;
        let [from, to] = [from, to].map(|at| usize::try_from(at).unwrap());
        assert!(
            answer.status == 206 && answer.body == content.bytes()[from..=to],
            "client {} key {key}",
            self.number
        );
        self.figures.read += 1;
        Ok(())
    }

    pub(super) async fn probe(&mut self, at: Doors, key: u64) -> Done {
        let answer = self.ask(at, Call::head(&self.target(key))).await?;
        let told = answer.header("content-length").filter(|_| answer.status == 200);
        let known = self.keys[&key].now.map(|content| content.size_bytes.to_string());
        assert_eq!(told, known.as_deref(), "client {} key {key}: {}", self.number, answer.status);
        Ok(())
    }

    pub(super) async fn list(&mut self, at: Doors) -> Done {
        let target = format!("/results?list-type=2&prefix=client-{}%2F", self.number);
        let listed = self.done(at, Call::get(&target)).await?.all("Key");
        for (key, row) in self.keys.iter().filter(|(_, row)| row.doubt.is_none()) {
            let name = format!("client-{}/key-{key}", self.number);
            assert_eq!(listed.contains(&name), row.now.is_some(), "{name}: {listed:?}");
        }
        Ok(())
    }

    async fn begin(&mut self, at: Doors, key: u64) -> Result<String, Lost> {
        let answer = self.done(at, Call::post(&format!("{}?uploads=", self.target(key)), b"")).await?;
        Ok(answer.all("UploadId").remove(0))
    }

    async fn part(
        &mut self,
        at: Doors,
        key: u64,
        upload: &str,
        part: (usize, &[u8]),
    ) -> Result<String, Lost> {
        let target = format!("{}?partNumber={}&uploadId={upload}", self.target(key), part.0);
        let answer = self.done(at, Call::put(&target, part.1)).await?;
        Ok(answer.header("etag").expect("a part's tag").to_owned())
    }

    /// An upload of one part or two, to its end.
    pub(super) async fn multipart(&mut self, at: Doors, key: u64) -> Done {
        let content = match self.dice.roll(4) {
            0 => self.large(),
            _ => self.small(),
        };
        let upload = self.begin(at, key).await?;
        let (bytes, mut parts) = (content.bytes(), String::new());
        let (first, rest) = bytes.split_at(bytes.len().min(PART_BYTES as usize));
        for (number, bytes) in
            [(1, first), (2, rest)].into_iter().filter(|part| part.0 == 1 || !part.1.is_empty())
        {
            let tag = self.part(at, key, &upload, (number, bytes)).await?;
            parts += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
        }
        let whole = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let call = Call::post(&format!("{}?uploadId={upload}", self.target(key)), whole.as_bytes());
        self.keys.entry(key).or_default().doubt = Some(Some(content));
        // SPEC: S3 may answer 200 first and say afterwards that it failed.
        if self.done(at, call).await?.all("ETag").is_empty() {
            return Err(Lost);
        }
        self.is(key, Some(content));
        Ok(())
    }

    /// An upload that is aborted, or that nobody ever ends.
    pub(super) async fn give_up(&mut self, at: Doors, key: u64) -> Done {
        let content = self.small();
        let upload = self.begin(at, key).await?;
        self.part(at, key, &upload, (1, &content.bytes())).await?;
        if self.dice.roll(2) == 0 {
            let call = Call::delete(&format!("{}?uploadId={upload}", self.target(key)));
            return self.done(at, call).await.map(drop);
        }
        self.figures.abandoned += 1;
        Ok(())
    }

    /// What must be refused, and changes nothing.
    pub(super) async fn refused(&mut self, at: Doors, key: u64) -> Done {
        let target = self.target(key);
        let stranger = Access { secret: "0".repeat(40), ..self.desk.clone() };
        let (call, by, door, expected) = match self.dice.roll(6) {
            0 => (Call::get(&target), &stranger, 0, 403),
            1 => (Call::delete(&target), &stranger, 0, 403),
            2 => (Call::get("/nowhere/key"), &self.desk, 0, 404),
            3 => (Call::get("/bari/key"), &self.deliverer, 1, 403),
            4 => (Call::put(&target, b"other").payload(&"0".repeat(64)), &self.desk, 0, 400),
            _ => (Call::get(&format!("{target}?uploadId=none")), &self.desk, 0, 404),
        };
        let told = format!("{} {}", call.method, call.target);
        let call = call.signed(by);
        let answer = self.send(at[door], call).await?;
        assert_eq!(answer.status, expected, "{told}: {}", answer.text());
        self.figures.refused += 1;
        Ok(())
    }
}
