//! Roots, proofs and tiles agree with the RFC's own recursion and with `tlog_tiles`.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;
use seal::merkle::{
    Frontier, Hash, LEAVES_MAX, Leaves, Proof, Row, Tile, TileNodes, Tiling, VerifyError, consistency,
    consistency_nodes, decode_bundle, decode_tile, empty_root, encode_bundle, inclusion, inclusion_nodes,
    leaf_hash, new_tiles, node_hash, tiles_of, verify_consistency, verify_inclusion,
};
use tlog_tiles as oracle;

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// RFC 6962, 2.1, word by word.
fn tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(tree_hash(left), tree_hash(right))
        }
    }
}

/// The oracle's store of hashes, filled by the oracle itself.
struct Stored(RefCell<Vec<oracle::Hash>>);

impl oracle::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<oracle::Hash>, oracle::Error> {
        Ok(indexes.iter().map(|index| self.0.borrow()[*index as usize]).collect())
    }
}

fn stored(count: u64) -> Stored {
    let stored = Stored(RefCell::default());
    for number in 0..count {
        let hashes = oracle::stored_hashes(number, &number.to_be_bytes(), &stored).unwrap();
        stored.0.borrow_mut().extend(hashes);
    }
    stored
}

fn to_oracle(proof: &Proof) -> Vec<oracle::Hash> {
    proof.hashes().iter().map(|hash| oracle::Hash(hash.0)).collect()
}

fn from_oracle(hashes: &[oracle::Hash]) -> Proof {
    Proof::new(hashes.iter().map(|hash| Hash(hash.0)).collect()).unwrap()
}

/// A tree's published tiles, by coordinates.
fn published(leaves: &[Hash], steps: &[usize]) -> HashMap<Tile, Vec<Hash>> {
    let mut tiles = HashMap::new();
    let mut tiling = Tiling::new();
    let mut from = 0;
    for to in steps.iter().copied().chain([leaves.len()]) {
        let to = to.clamp(from, leaves.len());
        leaves[from..to].iter().for_each(|leaf| tiling.push(*leaf).unwrap());
        let written = tiling.take().unwrap();
        let named: Vec<_> = written.iter().map(|written| written.tile).collect();
        let mut expected = new_tiles(from as u64, to as u64).unwrap();
        expected.retain(|tile| tile.row() != Row::Entries);
        assert!(expected.iter().all(|tile| named.contains(tile)) && named.len() == expected.len());
        for written in written {
            tiles.insert(written.tile, decode_tile(written.tile, &written.bytes).unwrap());
        }
        assert_eq!(Tiling::restore(to as u64, &tiles).unwrap(), tiling);
        assert_eq!(tiling.root(), tree_hash(&leaves[..to]));
        from = to;
    }
    tiles
}

// Goal: the frontier's root is the RFC's at every size, and survives its bytes.
#[test]
fn roots_are_the_recursions() {
    let (leaves, stored) = (leaves(600), stored(600));
    let mut frontier = Frontier::new();
    for size in 0..=leaves.len() {
        assert_eq!(frontier.root(), tree_hash(&leaves[..size]), "{size}");
        assert_eq!(frontier.root().0, oracle::tree_hash(size as u64, &stored).unwrap().0);
        assert_eq!(Frontier::decode(&frontier.encode()).unwrap(), frontier);
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
    // RFC 9162's example hash of nothing, and a known vector of certificate transparency's test tree.
    assert_eq!(empty_root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(
        leaf_hash(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}

// Goal: every inclusion proof of small trees is the oracle's, and each side accepts the other's.
#[test]
fn inclusion_agrees_both_ways() {
    let (leaves, stored) = (leaves(70), stored(70));
    for size in 1..=70_u64 {
        let root = tree_hash(&leaves[..size as usize]);
        for index in 0..size {
            let leaf = leaves[index as usize];
            let proof = inclusion(&Leaves(&leaves), index, size).unwrap();
            let theirs = oracle::prove_record(size, index, &stored).unwrap();
            assert_eq!(to_oracle(&proof), theirs);
            verify_inclusion(&from_oracle(&theirs), index, size, leaf, root).unwrap();
            let (root, leaf) = (oracle::Hash(root.0), oracle::Hash(leaf.0));
            oracle::check_record(&to_oracle(&proof), size, root, index, leaf).unwrap();
        }
        assert!(inclusion(&Leaves(&leaves), size, size).is_err());
    }
}

#[test]
fn consistency_agrees_both_ways() {
    let (leaves, stored) = (leaves(70), stored(70));
    for new in 1..=70_u64 {
        let new_root = tree_hash(&leaves[..new as usize]);
        for old in 1..=new {
            let old_root = tree_hash(&leaves[..old as usize]);
            let proof = consistency(&Leaves(&leaves), old, new).unwrap();
            let theirs = oracle::prove_tree(new, old, &stored).unwrap();
            assert_eq!(to_oracle(&proof), theirs, "{old} {new}");
            verify_consistency(&from_oracle(&theirs), old, new, old_root, new_root).unwrap();
            let (new_root, old_root) = (oracle::Hash(new_root.0), oracle::Hash(old_root.0));
            oracle::check_tree(&to_oracle(&proof), new, new_root, old, old_root).unwrap();
        }
        let nothing = consistency(&Leaves(&leaves), 0, new).unwrap();
        verify_consistency(&nothing, 0, new, empty_root(), new_root).unwrap();
        assert!(verify_consistency(&nothing, 0, new, new_root, new_root).is_err());
        assert!(consistency(&Leaves(&leaves), new + 1, new).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Goal: proofs made from published tiles, fetched by plan, are those made from the leaves.
    #[test]
    fn tiles_prove_what_leaves_prove(size in 1..70_000_u64, index: u64, old: u64, steps in prop::collection::vec(0..70_000_usize, 0..3)) {
        let (index, old) = (index % size, old % size + 1);
        let leaves = leaves(size);
        let mut steps = steps;
        steps.sort_unstable();
        let tiles = published(&leaves, &steps);
        let plan = [inclusion_nodes(index, size), consistency_nodes(old, size)].concat();
        let fetched: HashMap<_, _> = tiles_of(&plan, size).into_iter().map(|tile| (tile, tiles[&tile].clone())).collect();
        let nodes = TileNodes { tiles: &fetched, size };
        let proof = inclusion(&nodes, index, size).unwrap();
        prop_assert_eq!(&proof, &inclusion(&Leaves(&leaves), index, size).unwrap());
        let mut frontier = Frontier::new();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        let root = frontier.root();
        prop_assert!(verify_inclusion(&proof, index, size, leaves[index as usize], root).is_ok());
        let proof = consistency(&nodes, old, size).unwrap();
        prop_assert_eq!(&proof, &consistency(&Leaves(&leaves), old, size).unwrap());
    }

    // Goal: no other leaf, place, size, root or path is proven by a true proof.
    #[test]
    fn a_bent_proof_proves_nothing(size in 2..300_u64, index: u64, old: u64, bend in 0..6_u8, at: prop::sample::Index) {
        let (index, old) = (index % size, old % (size - 1) + 1);
        let leaves = leaves(size);
        let root = tree_hash(&leaves);
        let old_root = tree_hash(&leaves[..old as usize]);
        let path = inclusion(&Leaves(&leaves), index, size).unwrap();
        let bent = |proof: &Proof| {
            let mut hashes = proof.hashes().to_vec();
            match bend {
                0 => { hashes.pop(); }
                1 => hashes.push(root),
                2 => hashes.insert(0, root),
                3 => { hashes.remove(0); }
                4 => at.get_mut(&mut hashes).0[0] ^= 1,
                _ => { let place = at.index(hashes.len()); hashes[place] = leaf_hash(b"other"); }
            }
            Proof::new(hashes).unwrap()
        };
        let leaf = leaves[index as usize];
        prop_assert!(verify_inclusion(&bent(&path), index, size, leaf, root).is_err());
        prop_assert!(verify_inclusion(&path, index, size, root, root).is_err());
        // Other sizes may share a path's shape; sizes that need a longer path do not.
        prop_assert!(verify_inclusion(&path, index, size * 4, leaf, root).is_err());
        prop_assert!(verify_inclusion(&path, (index + 1) % size, size, leaf, root).is_err());
        prop_assert!(verify_inclusion(&path, index, size, leaf, leaf_hash(b"")).is_err());
        prop_assert_eq!(verify_inclusion(&path, size, size, leaf, root), Err(VerifyError::NoLeaf { index: size, size }));
        let proof = consistency(&Leaves(&leaves), old, size).unwrap();
        prop_assert!(verify_consistency(&bent(&proof), old, size, old_root, root).is_err());
        prop_assert!(verify_consistency(&proof, old, size, leaf_hash(b"fork"), root).is_err());
        prop_assert!(verify_consistency(&proof, old, size * 4, old_root, root).is_err());
        prop_assert!(verify_consistency(&proof, old, size, old_root, leaf_hash(b"fork")).is_err());
    }

    // Goal: paths are the oracle's. Method: its paths name the height, the C2SP form leaves it out.
    #[test]
    fn paths_agree(level in 0..=5_u8, index in 0..(LEAVES_MAX >> 8), width in 1..=256_u16) {
        let index = index >> (8 * u32::from(level));
        let tile = Tile::new(Row::Hashes { level }, index, width).unwrap();
        let theirs = oracle::Tile::new(8, level, index, u32::from(width), false).path();
        prop_assert_eq!(tile.path(), theirs.replacen("tile/8/", "tile/", 1));
        prop_assert_eq!(tile.path().parse::<Tile>().unwrap(), tile);
        if level == 0 {
            let entries = Tile::new(Row::Entries, index, width).unwrap();
            prop_assert_eq!(entries.path(), tile.path().replacen("tile/0/", "tile/entries/", 1));
            prop_assert_eq!(entries.path().parse::<Tile>().unwrap(), entries);
        }
    }

    // Goal: the tiles to write are the oracle's.
    #[test]
    fn new_tiles_agree(old in 0..3_000_000_u64, grown in 0..3_000_u64) {
        let ours: Vec<_> = new_tiles(old, old + grown).unwrap().into_iter().map(|tile| tile.path()).collect();
        let mut theirs: Vec<_> = oracle::Tile::new_tiles(8, old, old + grown).iter().map(|tile| tile.path().replacen("tile/8/", "tile/", 1)).collect();
        let entries: Vec<_> = theirs.iter().filter(|path| path.starts_with("tile/0/")).map(|path| path.replacen("/0/", "/entries/", 1)).collect();
        theirs.extend(entries);
        prop_assert_eq!(ours, theirs);
    }

    // Goal: bundles round-trip and nothing longer or shorter is taken for one.
    #[test]
    fn bundles_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..=256)) {
        let bytes = encode_bundle(&entries).unwrap();
        prop_assert_eq!(decode_bundle(&bytes).unwrap(), entries);
        prop_assert!(decode_bundle(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn other_spellings_of_a_tile_are_refused() {
    let check = |path: &str| assert!(path.parse::<Tile>().is_err(), "{path}");
    for path in [
        "tile/0/0",
        "tile/0/1000",
        "tile/00/000",
        "tile/+0/000",
        "tile/6/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/001/002",
        "tile/x/000",
        "tile/0/",
        "tile/entries/000.p/+1",
        "tile/0/x001/x099/x511/x627/776",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/xx01/001",
    ] {
        check(path);
    }
    assert_eq!("tile/0/x123/x456/789.p/7".parse::<Tile>().unwrap().index(), 123_456_789);
    assert!(encode_bundle::<Vec<u8>>(&[]).is_err() && decode_bundle(&[]).is_err());
    assert!(encode_bundle(&vec![[0]; 257]).is_err() && encode_bundle(&[vec![0; 65_536]]).is_err());
    let zeros = [0; 2 * 257];
    assert!(decode_bundle(&zeros).is_err() && decode_bundle(&zeros[..512]).is_ok());
}
