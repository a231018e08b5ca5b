//! Proofs of RFC 6962: that a record is in a log (inclusion), and that an earlier log is the beginning of a later one
//! (consistency). They are made from complete subtrees, wherever those are kept; checked by the other algorithm, that of
//! RFC 9162, so that making and checking do not share a mistake.

use super::tree::{Frontier, Hash, node_hash};

/// The hash of leaves `from..to`: a complete subtree is asked for by height and number, others are put together.
fn range<E>(from: u64, to: u64, complete: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let leaves = to - from;
    if leaves.is_power_of_two() && from.is_multiple_of(leaves) {
        return complete(leaves.trailing_zeros(), from / leaves);
    }
    let middle = from + split(leaves);
    Ok(node_hash(&range(from, middle, complete)?, &range(middle, to, complete)?))
}

/// The largest power of two below `leaves`, which are at least two.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The hash of a tree of `size` leaves.
///
/// # Errors
/// Those of `complete`, which gives the complete subtree of a height by its number.
pub fn root<E>(size: u64, mut complete: impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(Frontier::default().root()) } else { range(0, size, &mut complete) }
}

/// The audit path of leaf `index` in a tree of `size` leaves (RFC 6962, 2.1.1), the nearest hash first. Empty where there is
/// no such leaf.
///
/// # Errors
/// Those of `complete`.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut complete: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    while index < size && to - from > 1 {
        let middle = from + split(to - from);
        let (left, right) = ((from, middle), (middle, to));
        let (inside, beside) = if index < middle { (left, right) } else { (right, left) };
        path.push(range(beside.0, beside.1, &mut complete)?);
        (from, to) = inside;
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `before` leaves is the beginning of that of `size` (RFC 6962, 2.1.2). Empty where `before` is
/// nothing or all.
///
/// # Errors
/// Those of `complete`.
pub fn consistency<E>(
    before: u64,
    size: u64,
    mut complete: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    if before == 0 || before >= size {
        return Ok(Vec::new());
    }
    let (mut from, mut to, mut path) = (0, size, Vec::new());
    // Down to the subtree at whose end the earlier tree ends; the whole earlier tree needs no hash, its root is known.
    while to != before {
        let middle = from + split(to - from);
        let (inside, beside) =
            if before <= middle { ((from, middle), (middle, to)) } else { ((middle, to), (from, middle)) };
        path.push(range(beside.0, beside.1, &mut complete)?);
        (from, to) = inside;
    }
    if from > 0 {
        path.push(range(from, to, &mut complete)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` shows that the leaf with this hash is number `index` of the tree of `size` leaves with this root
/// (RFC 9162, 2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        (node, last) = (node / 2, last / 2);
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `before` leaves with the first root is the beginning of that of `size` leaves with the
/// second (RFC 9162, 2.1.4.2).
#[must_use]
pub fn verify_consistency((before, first): (u64, &Hash), (size, second): (u64, &Hash), path: &[Hash]) -> bool {
    if before == 0 || before >= size {
        let nothing = before == 0 && *first == Frontier::default().root();
        return path.is_empty() && (nothing || before == size && first == second);
    }
    // A complete earlier tree is a subtree of the later one: its root is where both begin.
    let whole = before.is_power_of_two().then_some(first);
    let mut hashes = whole.into_iter().chain(path);
    let Some(start) = hashes.next() else { return false };
    let (mut node, mut last) = (before - 1, size - 1);
    while node % 2 == 1 {
        (node, last) = (node / 2, last / 2);
    }
    let (mut old, mut new) = (*start, *start);
    for beside in hashes {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            (old, new) = (node_hash(beside, &old), node_hash(beside, &new));
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            new = node_hash(&new, beside);
        }
        (node, last) = (node / 2, last / 2);
    }
    last == 0 && old == *first && new == *second
}
