//! The audit log: its tree against the known vectors, its proofs, what a run leaves in it, and that nothing can be taken from
//! it, changed in it or moved in it unseen.

mod access;
mod batches;
mod command;
mod content;
mod tamper;
mod tree;

use keyfleet::audit::{Kind, Ledger, SealKey, Signer};
use std::fs;
use std::path::{Path, PathBuf};

/// A log of made-up records, some of them long.
fn ledger(records: u64) -> Ledger {
    let mut ledger = Ledger::default();
    for n in 0..records {
        let site = ["eu.a", "eu.b", "us.a"][(n % 3) as usize];
        let kind = Kind::Sealed.name();
        let ns = n / 3 * 60_000_000_000;
        let record = format!(
            "{{\"v\":1,\"n\":{n},\"ns\":{ns},\"kind\":\"{kind}\",\"site\":\"{site}\",\"served\":{},\"refused\":0}}",
            n.wrapping_mul(0x9e37_79b9) % 10_000
        );
        ledger.append(record.as_bytes());
    }
    ledger
}

fn signer() -> Signer {
    Signer::simulated("made-up", "0123", 7, "89abcdef")
}

/// A folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("audit-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a log's files as `keyfleet run` lays them out.
fn lay(folder: &Path, ledger: &Ledger, seal: Option<&SealKey>) {
    let _ = fs::remove_dir_all(folder);
    for (name, bytes) in ledger.clone().files(&signer(), seal) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
