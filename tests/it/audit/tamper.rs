//! Logs that somebody worked on: a bit flipped, a record dropped, two swapped, the tail cut, a tile damaged; with tiles left as
//! they were, or made anew to hide it.

use super::{folder, lay, ledger, signer};
use keyfleet::audit::{Against, Finding, Ledger, Log, SealKey, Verdict, verify};
use keyfleet::rng::mix;
use std::fs;
use std::path::Path;

const RECORDS: u64 = 700;
const PLACES: u64 = 1_000;

struct Tried {
    folder: std::path::PathBuf,
    lines: Vec<Vec<u8>>,
    checkpoint: String,
}

impl Tried {
    fn new(name: &str) -> Self {
        let folder = folder(name);
        lay(&folder, &ledger(RECORDS), None);
        let records = fs::read(folder.join("segment/000000.jsonl")).unwrap();
        let lines = records.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let checkpoint = fs::read_to_string(folder.join("checkpoint")).unwrap();
        Self { folder, lines, checkpoint }
    }

    fn put(&self, records: &[u8]) {
        fs::write(self.folder.join("segment/000000.jsonl"), records).unwrap();
    }

    fn verify(&self) -> Verdict {
        checked(&self.folder, Some(&self.checkpoint))
    }

    /// Leaves a log with these records whose tiles and checkpoint agree with them: of a checkpoint, an earlier one at most.
    fn hide(&self, lines: &[Vec<u8>], checkpoint: Option<String>) {
        let mut hidden = Ledger::default();
        lines.iter().for_each(|line| hidden.append(line.strip_suffix(b"\n").unwrap_or(line)));
        lay(&self.folder, &hidden, None);
        match checkpoint {
            Some(text) => fs::write(self.folder.join("checkpoint"), text).unwrap(),
            None => fs::remove_file(self.folder.join("checkpoint")).unwrap(),
        }
    }
}

fn checked(folder: &Path, checkpoint: Option<&str>) -> Verdict {
    verify(&Log::open(folder, None).unwrap(), checkpoint, None).unwrap()
}

fn draws(what: u64) -> impl Iterator<Item = u64> {
    (0..PLACES).map(move |i| mix(what << 32 | i))
}

#[test]
fn a_log_as_it_was_written_verifies() {
    let tried = Tried::new("whole");
    let verdict = tried.verify();
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!((verdict.records, verdict.proven, verdict.against), (RECORDS, RECORDS, Against::Given));
    assert_eq!(checked(&tried.folder, None).against, Against::Own);
}

#[test]
fn a_bit_flipped_anywhere_is_found_and_placed() {
    let tried = Tried::new("flip");
    let whole = tried.lines.concat();
    for draw in draws(1) {
        let (byte, bit) = ((draw >> 8) as usize % whole.len(), draw % 8);
        let mut records = whole.clone();
        records[byte] ^= 1 << bit;
        tried.put(&records);
        let record = whole[..byte].iter().filter(|byte| **byte == b'\n').count() as u64;
        for verdict in [tried.verify(), checked(&tried.folder, None)] {
            assert_eq!(verdict.first_bad(), Some(record), "bit {bit} of byte {byte}: {:?}", verdict.findings);
        }
    }
}

#[test]
fn a_record_dropped_anywhere_is_found_and_placed() {
    let tried = Tried::new("drop");
    for draw in draws(2) {
        let record = (draw % RECORDS) as usize;
        let mut lines = tried.lines.clone();
        lines.remove(record);
        tried.put(&lines.concat());
        let verdict = tried.verify();
        assert_eq!(verdict.first_bad(), Some(record as u64), "{:?}", verdict.findings);
    }
}

#[test]
fn two_records_swapped_anywhere_are_found_and_placed() {
    let tried = Tried::new("swap");
    for draw in draws(3) {
        let (a, b) = ((draw % RECORDS) as usize, (draw >> 20) as usize % RECORDS as usize);
        if a == b {
            continue;
        }
        let mut lines = tried.lines.clone();
        lines.swap(a, b);
        tried.put(&lines.concat());
        let verdict = tried.verify();
        assert_eq!(verdict.first_bad(), Some(a.min(b) as u64), "{:?}", verdict.findings);
    }
}

#[test]
fn a_tail_cut_anywhere_is_found_and_placed() {
    let tried = Tried::new("cut");
    let whole = tried.lines.concat();
    for (i, draw) in draws(4).enumerate() {
        // Between records, or in the middle of one.
        let record = (draw % RECORDS) as usize;
        let end = if i % 2 == 0 { tried.lines[..record].concat().len() } else { (draw >> 20) as usize % whole.len() };
        tried.put(&whole[..end]);
        let first = whole[..end].iter().filter(|byte| **byte == b'\n').count() as u64;
        let verdict = tried.verify();
        assert_eq!(verdict.first_bad(), Some(first), "{:?}", verdict.findings);
        // The tiles go on, so it is found without a checkpoint, too.
        assert_eq!(checked(&tried.folder, None).first_bad(), Some(first));
    }
}

#[test]
fn a_hidden_cut_shows_only_with_a_checkpoint_kept_elsewhere() {
    let tried = Tried::new("hidden-cut");
    let mut earlier = Ledger::default();
    tried.lines[..500].iter().for_each(|line| earlier.append(line.strip_suffix(b"\n").unwrap()));
    let own = signer().sign(earlier.size(), earlier.root());
    for kept in [None, Some(own)] {
        let against = if kept.is_some() { Against::Own } else { Against::Nothing };
        tried.hide(&tried.lines[..500], kept);
        let blind = checked(&tried.folder, None);
        assert!(blind.holds(), "what cannot be known is not claimed: {:?}", blind.findings);
        assert_eq!((blind.against, blind.records), (against, 500));
        let verdict = tried.verify();
        assert_eq!(verdict.findings, [Finding::Cut { at: 500, of: RECORDS }]);
    }
}

#[test]
fn a_hidden_change_is_found_and_bounded_by_what_a_checkpoint_proves() {
    let tried = Tried::new("hidden-change");
    let mut earlier = Ledger::default();
    tried.lines[..300].iter().for_each(|line| earlier.append(line.strip_suffix(b"\n").unwrap()));
    for draw in draws(5).take(100) {
        let mut lines = tried.lines.clone();
        let record = (300 + draw % (RECORDS - 300)) as usize;
        let digit = lines[record].iter().rposition(u8::is_ascii_digit).unwrap();
        lines[record][digit] ^= 1;
        tried.hide(&lines, Some(signer().sign(earlier.size(), earlier.root())));
        let verdict = tried.verify();
        assert_eq!(verdict.findings, [Finding::Between { from: 300, to: RECORDS }], "record {record}");
    }
}

#[test]
fn a_damaged_tile_is_told_from_a_damaged_record() {
    let tried = Tried::new("tile");
    let tiles = ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"];
    for (i, draw) in draws(6).take(200).enumerate() {
        let path = tried.folder.join(tiles[i % 4]);
        let whole = fs::read(&path).unwrap();
        let mut tile = whole.clone();
        let byte = (draw >> 8) as usize % tile.len();
        tile[byte] ^= 1 << (draw % 8);
        fs::write(&path, tile).unwrap();
        let verdict = tried.verify();
        let named = tiles[i % 4].split(".p/").next().unwrap();
        assert_eq!(verdict.findings, [Finding::Tile(named.to_owned())]);
        fs::write(&path, whole).unwrap();
    }
    fs::remove_file(tried.folder.join("tile/0/001")).unwrap();
    assert_eq!(tried.verify().findings, [Finding::Tile("tile/0/001".to_owned())]);
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_not_believed() {
    let tried = Tried::new("checkpoint");
    let other = keyfleet::audit::Signer::simulated("made-up", "0123", 8, "89abcdef");
    let verdict = checked(&tried.folder, Some(&other.sign(RECORDS, [0; 32])));
    assert!(matches!(&verdict.findings[..], [Finding::Checkpoint(why)] if why.contains("the given")));
    // The right key, another tree: one of the two was made of other records.
    let verdict = checked(&tried.folder, Some(&signer().sign(RECORDS, [0; 32])));
    assert!(!verdict.holds());
    fs::write(tried.folder.join("public-key"), "none\n").unwrap();
    assert!(!tried.verify().holds());
    fs::write(tried.folder.join("public-key"), format!("{}\n", other.public())).unwrap();
    assert!(!tried.verify().holds(), "whoever replaces the key cannot have signed the checkpoint kept elsewhere");
    assert!(
        verify(&Log::open(&tried.folder, None).unwrap(), Some(&tried.checkpoint), Some(signer().public()))
            .unwrap()
            .holds()
    );
}

#[test]
fn sealed_segments_open_with_their_key_only_and_show_each_change() {
    let folder = folder("sealed");
    let (key, log) = (SealKey::new([9; 32]), ledger(RECORDS));
    lay(&folder, &log, Some(&key));
    let path = folder.join("segment/000000.sealed");
    let sealed = fs::read(&path).unwrap();
    assert!(!sealed.windows(4).any(|part| part == b"eu.a"), "nothing of a record can be read");
    assert!(!folder.join("tile/0").exists(), "the hash of a record that can be guessed would tell it");
    assert!(Log::open(&folder, None).is_err());
    let verdict = |key| verify(&Log::open(&folder, Some(key)).unwrap(), None, None).unwrap();
    assert!(verdict(key.clone()).holds(), "{:?}", verdict(key.clone()).findings);
    assert_eq!(verdict(key.clone()).records, RECORDS);
    assert!(!verdict(SealKey::new([8; 32])).holds());
    for draw in draws(7) {
        let mut changed = sealed.clone();
        let byte = (draw >> 8) as usize % changed.len();
        changed[byte] ^= 1 << (draw % 8);
        fs::write(&path, changed).unwrap();
        assert_eq!(verdict(key.clone()).first_bad(), Some(0), "byte {byte}");
    }
    // The same log is sealed to the same bytes; any other log has another key.
    lay(&folder, &log, Some(&key));
    assert_eq!(fs::read(&path).unwrap(), sealed);
    lay(&folder, &ledger(RECORDS + 1), Some(&key));
    let longer = fs::read(&path).unwrap();
    let body = |bytes: &[u8]| bytes.splitn(2, |byte| *byte == b'\n').nth(1).unwrap()[..64].to_vec();
    assert_ne!(body(&longer), body(&sealed));
}
