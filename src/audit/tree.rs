//! The Merkle tree hash of RFC 6962, section 2.1: SHA-256, leaves prefixed with 0x00, nodes with 0x01, so that neither passes
//! for the other. A frontier grows by one leaf at a time and keeps only the roots of complete subtrees.

use ring::digest::{Context, SHA256, digest};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 || data).
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(data);
    array(context.finish().as_ref())
}

/// The hash of a node: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [1_u8; 65];
    input[1..33].copy_from_slice(left);
    input[33..].copy_from_slice(right);
    array(digest(&SHA256, &input).as_ref())
}

fn array(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("SHA-256 has 32 bytes")
}

/// A hash in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tree that only grows: its size and the roots of its complete subtrees, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Appends a leaf's hash. `complete` is told of each subtree that this completes: its height, 0 for the leaf itself, and
    /// its hash.
    pub fn push(&mut self, leaf: Hash, mut complete: impl FnMut(u32, &Hash)) {
        complete(0, &leaf);
        let mut hash = leaf;
        for height in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a size has as many peaks as bits set");
            hash = node_hash(&left, &hash);
            complete(height + 1, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's hash; of no leaves that of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return array(digest(&SHA256, b"").as_ref()) };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}
