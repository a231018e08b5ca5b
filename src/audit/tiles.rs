//! Tiles as C2SP's `tlog-tiles` cuts a tree: rows of 256 hashes, eight levels of the tree apart, each a file at a path that
//! never changes its meaning. A tree in memory keeps just the hashes that stand in tiles; what lies between is put together.

use super::tree::{Frontier, Hash, node_hash};

/// Levels of the tree from one row of tiles to the next.
pub(super) const HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub const WIDTH: u64 = 1 << HEIGHT;

/// The name of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Its row: the hashes in it are those of complete subtrees of height 8 × `level`.
    pub level: u32,
    /// Its number in the row.
    pub number: u64,
    /// Hashes in it, 1 to 256.
    pub width: u64,
}

impl Tile {
    /// Its path below the log, such as `tile/0/x001/067` or `tile/1/000.p/13`.
    #[must_use]
    pub fn path(self) -> String {
        let mut number = format!("{:03}", self.number % 1_000);
        let mut rest = self.number / 1_000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1_000);
            rest /= 1_000;
        }
        let partial = if self.width == WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{}/{number}{partial}", self.level)
    }

    /// All tiles of a tree of `size` leaves.
    pub fn of(size: u64) -> impl Iterator<Item = Self> {
        let rows = (0..u64::BITS / HEIGHT).map(move |level| (level, size >> (level * HEIGHT)));
        rows.take_while(|(_, hashes)| *hashes > 0).flat_map(|(level, hashes)| {
            let tile = move |number| Self { level, number, width: (hashes - number * WIDTH).min(WIDTH) };
            (0..hashes.div_ceil(WIDTH)).map(tile)
        })
    }
}

/// The hash of a complete subtree of `height` from the row of hashes at or below it; `None` where some are not there.
pub(super) fn within(height: u32, number: u64, row: impl FnOnce(u32, u64, u64) -> Option<Vec<Hash>>) -> Option<Hash> {
    let (level, above) = (height / HEIGHT, height % HEIGHT);
    let mut hashes = row(level, number << above, (number + 1) << above)?;
    while hashes.len() > 1 {
        hashes = hashes.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.pop()
}

/// A tree in memory, of which any proof can be made.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    frontier: Frontier,
    rows: Vec<Vec<Hash>>,
}

impl Tree {
    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let rows = &mut self.rows;
        self.frontier.push(leaf, |height, hash| {
            if height % HEIGHT == 0 {
                let level = (height / HEIGHT) as usize;
                if level == rows.len() {
                    rows.push(Vec::new());
                }
                rows[level].push(*hash);
            }
        });
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Its hash.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The hash of the complete subtree of `height` with this number, counted from the left.
    #[must_use]
    pub fn subtree(&self, height: u32, number: u64) -> Option<Hash> {
        within(height, number, |level, from, to| {
            self.rows.get(level as usize)?.get(from as usize..to as usize).map(<[Hash]>::to_vec)
        })
    }

    /// Its tiles, from row `level` on, each with its bytes.
    pub fn tiles(&self, level: u32) -> impl Iterator<Item = (Tile, Vec<u8>)> + '_ {
        Tile::of(self.size()).filter(move |tile| tile.level >= level).map(|tile| {
            let from = (tile.number * WIDTH) as usize;
            (tile, self.rows[tile.level as usize][from..from + tile.width as usize].concat())
        })
    }
}
