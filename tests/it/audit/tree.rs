//! Trees, proofs, tiles and checkpoints against what others publish and against the definitions.

use super::{ledger, signer};
use keyfleet::audit::{
    Checkpoint, Frontier, Hash, PublicKey, Tile, Tree, consistency, hex, inclusion, leaf_hash, node_hash, root,
    verify_consistency, verify_inclusion,
};
use std::convert::Infallible;

/// Leaves and roots of the test tree of Certificate Transparency's reference code.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn reference(size: usize) -> Tree {
    let mut tree = Tree::default();
    LEAVES[..size].iter().for_each(|leaf| tree.push(leaf_hash(&bytes(leaf))));
    tree
}

fn of(tree: &Tree) -> impl Fn(u32, u64) -> Result<Hash, Infallible> + Copy {
    |height, number| Ok(tree.subtree(height, number).expect("the subtree is complete"))
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    for (size, expected) in ROOTS.iter().enumerate() {
        assert_eq!(hex(&reference(size).root()), *expected, "{size} leaves");
    }
}

#[test]
fn proofs_are_those_of_certificate_transparency() {
    let tree = reference(8);
    let texts = |path: Vec<Hash>| path.iter().map(|hash| hex(hash)).collect::<Vec<_>>();
    let first = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    let sixth = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[4],
    ];
    assert_eq!(texts(inclusion(0, 8, of(&tree)).unwrap()), first);
    assert_eq!(texts(inclusion(5, 8, of(&tree)).unwrap()), sixth);
    assert_eq!(texts(consistency(1, 8, of(&tree)).unwrap()), first);
    let six = ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", sixth[1], sixth[2]];
    assert_eq!(texts(consistency(6, 8, of(&tree)).unwrap()), six);
}

/// The definition of RFC 6962, 2.1.
fn defined(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Frontier::default().root(),
        [leaf] => *leaf,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node_hash(&defined(&leaves[..middle]), &defined(&leaves[middle..]))
        }
    }
}

#[test]
fn every_proof_up_to_some_hundred_leaves_holds_and_no_other_root_does() {
    const MOST: u64 = 300;
    let (mut tree, mut leaves, mut roots) = (Tree::default(), Vec::new(), vec![Tree::default().root()]);
    for n in 0..MOST {
        leaves.push(leaf_hash(&n.to_be_bytes()));
        tree.push(leaves[n as usize]);
        roots.push(tree.root());
        assert_eq!(tree.root(), defined(&leaves), "{n}");
    }
    for size in 1..=MOST {
        assert_eq!(root(size, of(&tree)).unwrap(), roots[size as usize]);
        for n in 0..size {
            let path = inclusion(n, size, of(&tree)).unwrap();
            let holds = |leaf: u64, n, root: u64| {
                verify_inclusion(&leaves[leaf as usize], n, size, &path, &roots[root as usize])
            };
            assert!(holds(n, n, size), "{n} of {size}");
            assert!(!holds(n, n, size - 1) && (size == 1 || !holds((n + 1) % size, n, size)));
            assert!(n + 1 >= size || !holds(n, n + 1, size), "{n} of {size} is not the next");
        }
        for before in 0..=size {
            let path = consistency(before, size, of(&tree)).unwrap();
            let old = &roots[before as usize];
            assert!(verify_consistency((before, old), (size, &roots[size as usize]), &path), "{before} of {size}");
            if 0 < before && before < size {
                let other = &roots[before as usize - 1];
                assert!(!verify_consistency((before, other), (size, &roots[size as usize]), &path));
                assert!(!verify_consistency((before, old), (size, &roots[size as usize - 1]), &path));
            }
        }
    }
}

#[test]
fn tiles_are_named_as_c2sp_names_them_and_hold_256_hashes() {
    let path = |level, number, width| Tile { level, number, width }.path();
    assert_eq!(path(0, 0, 256), "tile/0/000");
    assert_eq!(path(1, 1_234_067, 256), "tile/1/x001/x234/067");
    assert_eq!(path(0, 273, 112), "tile/0/273.p/112");
    // The example of the specification: a tree of 70,000 leaves has 273 full tiles and one of 112 hashes in its lowest row.
    let tiles: Vec<Tile> = Tile::of(70_000).collect();
    let row = |level| tiles.iter().filter(|tile| tile.level == level).map(|tile| tile.width).collect::<Vec<_>>();
    assert_eq!((row(0).len(), row(0)[273]), (274, 112));
    assert_eq!((row(1), row(2), row(3)), (vec![256, 17], vec![1], vec![]));
    let log = ledger(600);
    for (tile, bytes) in log.tree().tiles(0) {
        assert_eq!(bytes.len() as u64, 32 * tile.width);
        let first = log.tree().subtree(8 * tile.level, tile.number * 256).unwrap();
        assert_eq!(bytes[..32], first);
    }
}

#[test]
fn checkpoints_are_signed_notes() {
    let signer = signer();
    let key = signer.public();
    let text = signer.sign(3, [7; 32]);
    let open = Checkpoint::open(&text, key).unwrap();
    assert_eq!((open.size, open.root, open.origin.as_str()), (3, [7; 32], "keyfleet/simulated/made-up/89abcdef"));
    assert_eq!(&key.to_string().parse::<PublicKey>().unwrap(), key);
    for (from, to) in [("\n3\n", "\n4\n"), ("made-up", "made-op"), ("Bw", "Bx")] {
        assert!(Checkpoint::open(&text.replacen(from, to, 1), key).is_err(), "{from} is {to}");
    }
    assert_eq!(text, signer.sign(3, [7; 32]), "signatures are deterministic");
    // The note of Go's package `note`: the signature is right; the text is no checkpoint.
    let neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse::<PublicKey>().unwrap();
    let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let refused = |text: &str| Checkpoint::open(text, &neumann).unwrap_err().to_string();
    assert!(refused(note).contains("origin, size and root"), "{}", refused(note));
    assert!(refused(&note.replace("answer", "anwser")).contains("no signature"));
    assert!("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse::<PublicKey>().is_err());
}
