//! Verification: reads a log once from its beginning, works out the tree anew, and holds it against tiles and checkpoints. It
//! names the first record that was removed, changed or moved; a tile that was damaged while the records are right; and it does
//! not claim what it cannot know.

use super::checkpoint::{Checkpoint, PublicKey};
use super::log::{Log, LogError, bare};
use super::record::place;
use super::tiles::{Tile, WIDTH};
use super::tree::{Frontier, Hash, leaf_hash};
use std::fmt;

/// So many damaged tiles are named.
const MOST_TILES: usize = 16;
const HEIGHT: u32 = super::tiles::HEIGHT;

/// What a log was held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// A checkpoint kept elsewhere: what it signed is there.
    Given,
    /// The log's own checkpoint: who replaced that with an earlier one could cut the log to it.
    Own,
    /// No checkpoint.
    Nothing,
}

/// Something that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// From this record on the log is not what it was.
    Record {
        /// The first bad position, from 0.
        at: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// One of these records is not what it was; their tiles were changed with them.
    Between {
        /// The first of them.
        from: u64,
        /// After the last of them.
        to: u64,
    },
    /// Records are missing at the end.
    Cut {
        /// The first that is missing.
        at: u64,
        /// So many there were, at least.
        of: u64,
    },
    /// A segment is missing, or cannot be unsealed.
    Segment {
        /// Its first record.
        at: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A tile is damaged or missing; the records under it are right.
    Tile(String),
    /// A checkpoint cannot be believed.
    Checkpoint(String),
}

impl Finding {
    /// The first bad record, where one is named.
    #[must_use]
    pub fn position(&self) -> Option<u64> {
        match self {
            Self::Record { at, .. } | Self::Cut { at, .. } | Self::Segment { at, .. } => Some(*at),
            Self::Between { from, .. } => Some(*from),
            Self::Tile(_) | Self::Checkpoint(_) => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { at, why } => write!(f, "record {at}: {why}"),
            Self::Between { from, to } => {
                write!(f, "one of the records {from} to {} was changed, and the tiles with it", to.saturating_sub(1))
            }
            Self::Cut { at, of } => write!(f, "record {at}: the log ends before it; it held at least {of} records"),
            Self::Segment { at, why } => write!(f, "record {at}: its segment {why}"),
            Self::Tile(path) => write!(f, "{path} is damaged or missing; the records under it are right"),
            Self::Checkpoint(why) => f.write_str(why),
        }
    }
}

/// What verification found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Records read.
    pub records: u64,
    /// The hash of the tree over them.
    pub root: Hash,
    /// Of these records a checkpoint says that they are right.
    pub proven: u64,
    /// What the log was held against.
    pub against: Against,
    /// Whether the log has a checkpoint of its own, as each that was written whole has, and it can be believed.
    pub own: bool,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether nothing is wrong with the log. Without a checkpoint that says little: see [`Verdict::verifies`].
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether the log verifies: nothing is wrong with it, and a checkpoint says so. Records and tiles that agree with each other
    /// prove nothing, for whoever changes records can make the tiles anew and take the checkpoint away.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.holds() && self.against != Against::Nothing
    }

    /// The first bad record, if any.
    #[must_use]
    pub fn first_bad(&self) -> Option<u64> {
        self.findings.iter().filter_map(Finding::position).min()
    }
}

/// Verifies a log. `given`: a checkpoint kept elsewhere, as text. `key`: the log's public key as known from elsewhere; else that
/// in its folder is used.
///
/// # Errors
/// Where files cannot be read.
pub fn verify(log: &Log, given: Option<&str>, key: Option<&PublicKey>) -> Result<Verdict, LogError> {
    let mut findings = Vec::new();
    let (own, given) = checkpoints(log, given, key, &mut findings)?;
    let marks: Vec<Checkpoint> = given.iter().chain(&own).cloned().collect();
    let against = match (&given, &own) {
        (Some(_), _) => Against::Given,
        (None, Some(_)) => Against::Own,
        (None, None) => Against::Nothing,
    };
    let mut walk = Walk { marks: marks.iter().map(|mark| (mark.size, None)).collect(), ..Walk::default() };
    walk.mark();
    let broken = walk.read(log)?;
    let (records, root) = (walk.frontier.size(), walk.frontier.root());
    let right = |(mark, (_, root)): &(&Checkpoint, &(u64, Option<Hash>))| *root == Some(mark.root);
    let pairs: Vec<_> = marks.iter().zip(&walk.marks).collect();
    let proven = pairs.iter().filter(|pair| right(pair)).map(|(mark, _)| mark.size).max().unwrap_or(0);
    let denied = pairs.iter().filter(|pair| !right(pair)).map(|(mark, _)| mark.size).max();
    let mut bad = broken;
    bad.extend(walk.bad_record(proven));
    let ends = walk.goes_on(log)?.max(denied.filter(|size| *size > records));
    match (bad.iter().filter_map(Finding::position).min(), ends, denied) {
        (Some(_), ..) => {}
        (None, Some(of), _) => bad.push(Finding::Cut { at: records, of }),
        (None, None, Some(to)) => bad.push(Finding::Between { from: proven, to: to.max(proven) }),
        (None, None, None) => {}
    }
    bad.sort_by_key(Finding::position);
    findings.extend(bad);
    findings.extend(walk.tiles.into_iter().map(Finding::Tile));
    Ok(Verdict { records, root, proven, against, own: own.is_some(), findings })
}

type Marks = (Option<Checkpoint>, Option<Checkpoint>);

/// The log's own checkpoint and the one given, as far as they can be believed.
fn checkpoints(
    log: &Log,
    given: Option<&str>,
    key: Option<&PublicKey>,
    findings: &mut Vec<Finding>,
) -> Result<Marks, LogError> {
    let own = log.text("checkpoint")?;
    let found = match key {
        Some(key) => Some(key.clone()),
        None => match log.text("public-key")?.map(|text| text.parse::<PublicKey>()) {
            Some(Ok(key)) => Some(key),
            Some(Err(error)) => {
                findings.push(Finding::Checkpoint(format!("the log's public key is none: {error}")));
                return Ok((None, None));
            }
            None if own.is_none() && given.is_none() => None,
            None => {
                findings.push(Finding::Checkpoint("without a public key no checkpoint can be believed".to_owned()));
                None
            }
        },
    };
    let Some(key) = found else { return Ok((None, None)) };
    let mut open = |text: &str, whose: &str| match Checkpoint::open(text, &key) {
        Ok(checkpoint) => Some(checkpoint),
        Err(error) => {
            findings.push(Finding::Checkpoint(format!("{whose} checkpoint cannot be believed: {error}")));
            None
        }
    };
    let given = given.and_then(|text| open(text, "the given"));
    Ok((own.and_then(|text| open(&text, "the log's own")), given))
}

/// The hashes of a tile that is being passed.
#[derive(Debug, Default)]
struct Row {
    number: Option<u64>,
    hashes: Vec<Hash>,
    /// Whether something is wrong with this tile already.
    told: bool,
}

/// A log as it is read.
#[derive(Debug, Default)]
struct Walk {
    frontier: Frontier,
    time: u64,
    rows: Vec<Row>,
    /// The sizes of which the root is asked, and the roots.
    marks: Vec<(u64, Option<Hash>)>,
    /// The first record that is out of place.
    misplaced: Option<(u64, &'static str)>,
    /// Where tree and tiles first parted: level of the tile, first record under the hash, number after the last.
    suspect: Option<(u32, u64, u64)>,
    /// Tiles that are wrong while the records are right.
    tiles: Vec<String>,
}

impl Walk {
    /// Reads all segments; what it finds wrong is that some cannot be read.
    fn read(&mut self, log: &Log) -> Result<Vec<Finding>, LogError> {
        for number in 0.. {
            let at = self.frontier.size();
            let why = match log.segment(number)? {
                Some(Ok(bytes)) => {
                    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                        self.record(log, line)?;
                    }
                    continue;
                }
                Some(Err(error)) => format!("cannot be unsealed: {error}"),
                None if log.goes_on_after(number)? => "is missing".to_owned(),
                None => break,
            };
            return Ok(vec![Finding::Segment { at, why }]);
        }
        Ok(Vec::new())
    }

    fn record(&mut self, log: &Log, line: &[u8]) -> Result<(), LogError> {
        let n = self.frontier.size();
        if self.misplaced.is_none() {
            let why = match place(line) {
                _ if !line.ends_with(b"\n") => "it does not end",
                None => "it is not a record",
                Some((number, _)) if number != n => "another record stands in its place",
                Some((_, ns)) if ns < self.time => "it is earlier than the record before it",
                Some((_, ns)) => {
                    self.time = ns;
                    ""
                }
            };
            self.misplaced = (!why.is_empty()).then_some((n, why));
        }
        // A leaf completes at most one subtree of each row of tiles.
        let (mut complete, mut rows) = ([[0; 32]; (u64::BITS / HEIGHT) as usize], 0);
        self.frontier.push(leaf_hash(bare(line)), |height, hash| {
            if height % HEIGHT == 0 {
                complete[rows] = *hash;
                rows += 1;
            }
        });
        for (level, hash) in (0..).zip(&complete[..rows]) {
            if level > 0 || !log.is_sealed() {
                self.compare(log, level, hash)?;
            }
        }
        self.mark();
        Ok(())
    }

    /// Keeps the root where a checkpoint speaks of this size.
    fn mark(&mut self) {
        let size = self.frontier.size();
        for (_, root) in self.marks.iter_mut().filter(|(at, _)| *at == size) {
            *root = Some(self.frontier.root());
        }
    }

    /// Holds a hash just completed against the tile that it stands in.
    fn compare(&mut self, log: &Log, level: u32, hash: &Hash) -> Result<(), LogError> {
        let index = (self.frontier.size() >> (level * HEIGHT)) - 1;
        let (from, to) = (index << (level * HEIGHT), self.frontier.size());
        let row = self.row(log, level, index / WIDTH)?;
        let expected = row.hashes.get((index % WIDTH) as usize).copied();
        if expected.as_ref() == Some(hash) {
            // A hash above agrees: what parted below it was the tile.
            if let Some((below, first, _)) = self.suspect.filter(|(_, first, _)| level > 0 && *first >= from) {
                self.damaged(below, first);
                self.suspect = None;
            }
        } else if expected.is_some() {
            self.suspect = self.suspect.or(Some((level, from, to)));
        } else if !std::mem::replace(&mut row.told, true) {
            self.damaged(level, from);
        }
        Ok(())
    }

    fn damaged(&mut self, level: u32, record: u64) {
        let number = (record >> (level * HEIGHT)) / WIDTH;
        let path = Tile { level, number, width: WIDTH }.path();
        if self.tiles.len() < MOST_TILES && !self.tiles.contains(&path) {
            self.tiles.push(path);
        }
    }

    /// The tile of a row, read when it is first asked for.
    fn row(&mut self, log: &Log, level: u32, number: u64) -> Result<&mut Row, LogError> {
        let index = level as usize;
        while self.rows.len() <= index {
            self.rows.push(Row::default());
        }
        if self.rows[index].number != Some(number) {
            let hashes = log.tile(level, number)?.unwrap_or_default();
            self.rows[index] = Row { number: Some(number), hashes, told: false };
        }
        Ok(&mut self.rows[index])
    }

    /// The first bad record, of those that no checkpoint proves; what parted below is a tile.
    fn bad_record(&mut self, proven: u64) -> Option<Finding> {
        if let Some((level, from, _)) = self.suspect.filter(|(.., to)| *to <= proven) {
            self.damaged(level, from);
            self.suspect = None;
        }
        match (self.misplaced, self.suspect) {
            (Some((at, why)), suspect) if suspect.is_none_or(|(_, from, _)| at <= from) => {
                Some(Finding::Record { at, why })
            }
            (_, Some((0, at, _))) => Some(Finding::Record { at, why: "it is not the record that was logged" }),
            (_, Some((_, from, to))) => Some(Finding::Between { from, to }),
            (_, None) => None,
        }
    }

    /// How many records there were at least, where tiles go on beyond the last.
    fn goes_on(&mut self, log: &Log) -> Result<Option<u64>, LogError> {
        let size = self.frontier.size();
        for level in u32::from(log.is_sealed())..2 {
            let index = size >> (level * HEIGHT);
            let row = self.row(log, level, index / WIDTH)?;
            if row.hashes.len() as u64 > index % WIDTH {
                return Ok(Some((index - index % WIDTH + row.hashes.len() as u64) << (level * HEIGHT)));
            }
        }
        Ok(None)
    }
}
