//! The sealed store answers as a plain one would, and the store below sees noise.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutMode};
use proptest::prelude::*;

use super::*;

/// Chance enough for nonces of a test: a counter spread over the bytes.
struct Counting(std::sync::atomic::AtomicU64);

impl Rand for Counting {
    fn fill(&self, into: &mut [u8]) {
        for byte in into {
            let count = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, std::sync::atomic::Ordering::Relaxed);
            *byte = (count >> 32) as u8;
        }
    }
}

struct Pair {
    plain: Arc<InMemory>,
    below: Arc<InMemory>,
    sealed: SealedStore,
}

fn over(below: &Arc<InMemory>, generation: u64, key: u8) -> SealedStore {
    let rand = Arc::new(Counting(std::sync::atomic::AtomicU64::new(u64::from(key))));
    SealedStore::new(Arc::clone(below) as _, generation, &Secret::new([key; 32]), rand)
}

fn pair() -> Pair {
    let (plain, below) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    let sealed = over(&below, 1, 7);
    Pair { plain, below, sealed }
}

fn path(name: &str) -> Path {
    Path::parse(name).unwrap()
}

fn body(size: usize) -> Bytes {
    (0..size).map(|at| (at % 251) as u8).collect::<Vec<u8>>().into()
}

/// What a get tells a caller, errors as one word.
async fn told(store: &dyn ObjectStore, how: GetOptions) -> Option<(u64, Range<u64>, Bytes)> {
    let found = store.get_opts(&path("a/b"), how).await.ok()?;
    let (size, range) = (found.meta.size, found.range.clone());
    Some((size, range, found.bytes().await.unwrap()))
}

fn any_range(size: u64) -> impl Strategy<Value = GetRange> {
    let edge = prop_oneof![0..size + 70_000, Just(SEGMENT), Just(SEGMENT - 1), Just(SEGMENT + 1)];
    prop_oneof![
        (edge.clone(), 1..200_000_u64).prop_map(|(from, length)| GetRange::Bounded(from..from + length)),
        edge.clone().prop_map(GetRange::Offset),
        edge.prop_map(GetRange::Suffix),
    ]
}

fn any_size_and_range() -> impl Strategy<Value = (usize, GetRange)> {
    let size = prop_oneof![0..5_usize, 65_530..65_545_usize, 131_060..131_085_usize, 0..300_000_usize];
    size.prop_flat_map(|size| (Just(size), any_range(size as u64)))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // Goal: sealed answers as plain. Method: any size, any range, one oracle: InMemory.
    #[test]
    fn ranges_agree_with_a_plain_store((size, range) in any_size_and_range()) {
        block_on(async {
            let pair = pair();
            pair.plain.put(&path("a/b"), body(size).into()).await.unwrap();
            pair.sealed.put(&path("a/b"), body(size).into()).await.unwrap();
            let how = GetOptions { range: Some(range.clone()), ..GetOptions::default() };
            let (plain, sealed) = (told(&pair.plain, how.clone()).await, told(&pair.sealed, how).await);
            prop_assert_eq!(plain, sealed, "{}", range);
            Ok(())
        })?;
    }

    // Goal: parts of any size seal as one file. Method: random cuts, read back whole.
    #[test]
    fn uploads_agree(sizes in proptest::collection::vec(0..150_000_usize, 0..5)) {
        block_on(async {
            let pair = pair();
            let whole = body(sizes.iter().sum());
            let mut upload = pair.sealed.put_multipart(&path("a/b")).await.unwrap();
            let mut from = 0;
            for size in sizes {
                upload.put_part(whole.slice(from..from + size).into()).await.unwrap();
                from += size;
            }
            upload.complete().await.unwrap();
            let (size, _, read) = told(&pair.sealed, GetOptions::default()).await.unwrap();
            prop_assert_eq!(size, whole.len() as u64);
            prop_assert_eq!(read, whole);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn sizes_and_names_are_plain_everywhere() {
    let pair = pair();
    for (name, size) in [("x/1", 0), ("x/2", 70_000), ("x/y/3", 9)] {
        pair.sealed.put(&path(name), body(size).into()).await.unwrap();
        assert_eq!(pair.sealed.head(&path(name)).await.unwrap().size, size as u64);
    }
    let sizes = |metas: Vec<ObjectMeta>| metas.iter().map(|meta| meta.size).collect::<Vec<_>>();
    let listed: Vec<_> = pair.sealed.list(Some(&path("x"))).try_collect().await.unwrap();
    assert_eq!(sizes(listed), [0, 70_000, 9]);
    let after = pair.sealed.list_with_offset(Some(&path("x")), &path("x/1"));
    assert_eq!(sizes(after.try_collect().await.unwrap()), [70_000, 9]);
    let here = pair.sealed.list_with_delimiter(Some(&path("x"))).await.unwrap();
    assert_eq!(sizes(here.objects), [0, 70_000]);
    assert_eq!(here.common_prefixes, [path("x/y")]);
    let ranges = pair.sealed.get_ranges(&path("x/2"), &[1..3, 65_535..65_537]).await.unwrap();
    assert_eq!(ranges, [body(3).slice(1..), body(65_537).slice(65_535..)]);
}

#[tokio::test]
async fn create_once_and_conditions_pass_through() {
    let pair = pair();
    let create = || PutOptions::from(PutMode::Create);
    pair.sealed.put_opts(&path("a/b"), body(5).into(), create()).await.unwrap();
    let again = pair.sealed.put_opts(&path("a/b"), body(6).into(), create()).await;
    assert!(matches!(again, Err(Error::AlreadyExists { .. })));
    let none = GetOptions { if_match: Some("\"no such tag\"".into()), ..GetOptions::default() };
    let refused = pair.sealed.get_opts(&path("a/b"), none).await;
    assert!(matches!(refused, Err(Error::Precondition { .. })));
    assert!(pair.sealed.copy(&path("a/b"), &path("c")).await.is_err());
    assert!(pair.sealed.rename(&path("a/b"), &path("c")).await.is_err());
    pair.sealed.delete(&path("a/b")).await.unwrap();
    assert!(matches!(pair.sealed.get(&path("a/b")).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn below_lies_noise_that_opens_only_as_itself() {
    let pair = pair();
    let plain = Bytes::from(vec![b'A'; 200_000]);
    pair.sealed.put(&path("a/b"), plain.clone().into()).await.unwrap();
    let stored = pair.below.get(&path("a/b")).await.unwrap().bytes().await.unwrap();
    assert!(!stored.windows(8).any(|window| window == b"AAAAAAAA"));
    let reads = async |below: &[u8], place: &str, generation: u64, key: u8| {
        pair.below.put(&path(place), below.to_vec().into()).await.unwrap();
        let read = over(&pair.below, generation, key).get(&path(place)).await;
        read.is_ok()
    };
    assert!(reads(&stored, "a/b", 1, 7).await, "as it was");
    assert!(!reads(&stored, "a/c", 1, 7).await, "under another path");
    assert!(!reads(&stored, "a/b", 2, 7).await, "in another generation");
    assert!(!reads(&stored, "a/b", 1, 8).await, "under another key");
    let cut = &stored[..2 * SEALED_SEGMENT_BYTES];
    assert!(!reads(cut, "a/b", 1, 7).await, "cut at a segment");
    let mut swapped = stored.to_vec();
    swapped.rotate_left(SEALED_SEGMENT_BYTES);
    assert!(!reads(&swapped, "a/b", 1, 7).await, "segments moved");
    let mut flipped = stored.to_vec();
    flipped[100] ^= 1;
    assert!(!reads(&flipped, "a/b", 1, 7).await, "one bit");
}

/// A file payload would hand out sealed bytes behind our back.
#[tokio::test]
async fn a_file_below_is_opened_too() {
    let folder = tempfile::tempdir().unwrap();
    let below = object_store::local::LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let rand = Arc::new(Counting(std::sync::atomic::AtomicU64::new(1)));
    let sealed = SealedStore::new(Arc::new(below), 1, &Secret::new([7; 32]), rand);
    sealed.put(&path("a/b"), body(70_000).into()).await.unwrap();
    let found = sealed.get(&path("a/b")).await.unwrap();
    assert!(matches!(found.payload, GetResultPayload::Stream(_)));
    assert_eq!(found.bytes().await.unwrap(), body(70_000));
}
