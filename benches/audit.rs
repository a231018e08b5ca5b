//! How long ten million records take: to be logged, and to be verified from files with the last checkpoint.
//! `cargo bench --bench audit` needs 1.3 GB of disk under `target/` for the time it runs.

#[path = "common/time.rs"]
mod time;

use keyfleet::audit::{Ledger, Log, Signer, verify};
use rustix::time::ClockId;
use std::fs;
use std::path::Path;
use time::{median, timed};

fn main() {
    // `cargo test --benches` runs this once, shortly, to see that it works.
    let short = !std::env::args().any(|arg| arg == "--bench");
    let records: u64 = if short { 100_000 } else { 10_000_000 };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-audit");
    let _ = fs::remove_dir_all(&folder);
    let (ledger, s) = timed(ClockId::ProcessCPUTime, || {
        let mut ledger = Ledger::default();
        for n in 0..records {
            let (site, served) = (n % 24, n.wrapping_mul(0x9e37_79b9) % 10_000);
            let ns = n / 24 * 60_000_000_000;
            let record = format!(
                "{{\"v\":1,\"n\":{n},\"ns\":{ns},\"kind\":\"sealed\",\"site\":\"eu.{site}\",\"served\":{served},\"refused\":0}}"
            );
            ledger.append(record.as_bytes());
        }
        ledger
    });
    println!("{records} records logged in {s:.2} s of processor time");
    let signer = Signer::simulated("bench", "", 1, "0");
    let checkpoint = signer.sign(ledger.size(), ledger.root());
    let mut bytes = 0;
    for (name, content) in ledger.files(&signer, None) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("the folder can be made");
        fs::write(&path, &content).expect("there is room");
        bytes += content.len();
    }
    let log = Log::open(&folder, None).expect("it was just written");
    let verified = || timed(ClockId::ProcessCPUTime, || verify(&log, Some(&checkpoint), None).expect("it can be read"));
    let mut rounds = Vec::new();
    for _ in 0..if short { 1 } else { 3 } {
        let ((verdict, cpu_s), wall_s) = timed(ClockId::Monotonic, verified);
        assert!(verdict.holds() && verdict.records == records, "{:?}", verdict.findings);
        let mb = bytes as f64 / 1e6;
        println!("{records} records, {mb:.0} MB, verified in {wall_s:.2} s ({cpu_s:.2} s of processor time)");
        rounds.push(wall_s);
    }
    println!("median {:.2} s", median(&mut rounds));
    fs::remove_dir_all(&folder).expect("it was just written");
}
