//! A ledger of ten million leaves, verified as an auditor verifies it, on one core.

use region::cell::pack::{Head, Packed, Packer, Pen};
use region::cell::publish::{origin, verifier};
use region::cell::step::Entry;
use region::twin::{Soil, World};
use region::verify::{Verifier, leaves};
use seal::Frontier;
use seal::note::{Checkpoint, NoteSigner};
use words::noun::Cell;
use words::{Id, Timestamp};

const LEAVES: u64 = 10_000_000;
/// WHY: the bar says so; what 64 clients at once make.
const LEAVES_PER_COMMIT: u64 = 64;
/// WHY: made, then verified, so that neither mixes with the other; a whole number of tiles.
const COMMITS_AT_ONCE: u64 = 256;
const CPU_SECONDS_MAX: f64 = 60.0;

/// Seconds of processor that this thread took so far.
fn cpu_seconds() -> f64 {
    // SPEC: Linux, Documentation/scheduler/sched-stats: the first field is time spent on the cpu, in ns.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn empty(writer: Id<words::noun::Writer>) -> Head {
    Head {
        next_seq: 0,
        hash: [0; 32],
        frontier: Frontier::new(),
        term: 1,
        writer,
        time: Timestamp::default(),
        key_generation: 1,
    }
}

/// One commit by the region's own packer: sealed, chained, signed.
fn commit(head: &Head, pen: &Pen<'_>) -> Packed {
    let mut packer = Packer::default();
    for leaf in 0..LEAVES_PER_COMMIT {
        let entry = Entry::of_house("object.get", head.time).about(format!("object:{leaf}"));
        packer.add(&entry, Vec::new(), head, pen.rand).unwrap();
    }
    packer.pack(head, pen, head.time.plus_ms(1), 1).unwrap()
}

/// Goal: ten million leaves in commits of 64 are verified in under a minute of one core.
/// Method: made by the region's own packer and read by the offline verifier, tiles included, in turns;
/// only the verifier's processor time counts. Reading files is not in it.
#[tokio::test]
#[ignore = "minutes; ./test --full runs it"]
async fn full_ten_million_leaves_are_verified_within_a_minute_of_one_core() {
    let world = World::found(Soil::new(3)).await.unwrap();
    let ground = world.region.ground();
    let cell: Id<Cell> = Id::from_bytes([9; 16]);
    let keys = world.region.keys(cell);
    keys.found_cell(1).unwrap();
    let pen =
        Pen { cell, writer: ground.writer, keys: &keys, signer: &ground.signer, rand: world.region.rand() };

    let first = commit(&empty(ground.writer), &pen);
    let known = verifier(&ground.origin, cell, ground.signer.public()).unwrap();
    let note =
        Checkpoint::new(origin(&ground.origin, cell), first.head.frontier.size(), first.head.frontier.root());
    let seed = ground.custody.key(&store::custody::KeyName::Region).unwrap().unwrap();
    let signer = NoteSigner::new(
        origin(&ground.origin, cell).parse().unwrap(),
        seal::SigningKey::from_seed(&seed).unwrap(),
    );
    let note = note.sign(&signer).unwrap().to_string();

    let mut checked = Verifier::new(cell, &known, note.as_bytes(), None).unwrap();
    let (mut head, mut made, mut spent, mut tiles) = (first.head, vec![first.bytes], 0.0, 0);
    while checked.size() < LEAVES {
        while made.len() < COMMITS_AT_ONCE as usize && head.frontier.size() < LEAVES {
            let packed = commit(&head, &pen);
            head = packed.head;
            made.push(packed.bytes);
        }
        let started = cpu_seconds();
        for bytes in &made {
            checked.push(bytes).unwrap();
            leaves(bytes).into_iter().for_each(|leaf| checked.tile_leaf(leaf).unwrap());
        }
        tiles += checked.tiles().unwrap().len();
        spent += cpu_seconds() - started;
        made.clear();
    }
    let report = checked.finish().unwrap();
    assert_eq!((report.leaves, report.commits), (LEAVES, LEAVES / LEAVES_PER_COMMIT));
    assert_eq!(report.root, head.frontier.root());
    println!("{LEAVES} leaves and {tiles} tiles verified in {spent:.1} s of one core");
    assert!(spent < CPU_SECONDS_MAX, "{spent:.1} s of processor");
}
