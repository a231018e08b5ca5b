//! `keyfleet audit prove`: a proof that somebody who holds a checkpoint, and nothing else of the log, can check. What is printed
//! has been checked against the log's checkpoint.

use super::{Format, Place, Trouble, plain, read};
use crate::audit::{self, Checkpoint, Hash, Log, LogError, PublicKey, hex, leaf_hash};
use crate::cli::{Exit, result};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet audit prove out/first --record 17\n  keyfleet audit prove out/first --from-size 100\n"
)]
#[group(id = "what", required = true, multiple = false, args = ["record", "from_size"])]
pub(super) struct Prove {
    #[command(flatten)]
    place: Place,
    /// That this record, counted from 0, is in the log
    #[arg(long, value_name = "N")]
    record: Option<u64>,
    /// That the log of so many records is the beginning of this one
    #[arg(long, value_name = "N")]
    from_size: Option<u64>,
    /// A checkpoint kept elsewhere, instead of the log's own
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

impl Prove {
    pub(super) fn run(&self) -> Result<Exit, Trouble> {
        let log = self.place.open()?;
        let checkpoint = self.checkpoint(&log)?;
        let size = checkpoint.size;
        let fetch = |height, number| log.subtree(height, number, size);
        if audit::root(size, fetch)? != checkpoint.root {
            return Err(Trouble::broken(
                "the log is not what its checkpoint says: see `keyfleet audit verify`".to_owned(),
            ));
        }
        let (document, text) = match (self.record, self.from_size) {
            (Some(record), _) => inclusion(&log, &checkpoint, record)?,
            (None, before) => consistency(&log, &checkpoint, before.unwrap_or(0))?,
        };
        Ok(result(&match self.place.format {
            Format::Text => text,
            Format::Json => format!("{document:#}\n"),
        }))
    }

    fn checkpoint(&self, log: &Log) -> Result<Checkpoint, Trouble> {
        let absent = |what| Trouble::broken(format!("the log has no {what}"));
        let text = match &self.checkpoint {
            Some(path) => read(path)?,
            None => log.text("checkpoint")?.ok_or_else(|| absent("checkpoint"))?,
        };
        let key: PublicKey = match self.place.trusted()? {
            Some(key) => key,
            None => {
                let text = log.text("public-key")?.ok_or_else(|| absent("public-key"))?;
                text.parse().map_err(|error| Trouble::broken(format!("the log's public key: {error}")))?
            }
        };
        Checkpoint::open(&text, &key).map_err(|error| Trouble::broken(format!("the checkpoint: {error}")))
    }
}

/// The proof as a document and as text.
type Proof = (Value, String);

fn inclusion(log: &Log, checkpoint: &Checkpoint, record: u64) -> Result<Proof, Trouble> {
    let Checkpoint { origin, size, root } = checkpoint;
    if record >= *size {
        return Err(LogError::Beyond(*size).into());
    }
    let bytes = log.record(record)?.ok_or(LogError::Beyond(*size))?;
    let path = audit::inclusion(record, *size, |height, number| log.subtree(height, number, *size))?;
    let leaf = leaf_hash(&bytes);
    if !audit::verify_inclusion(&leaf, record, *size, &path, root) {
        return Err(Trouble::broken(format!("record {record} is not the record that was logged")));
    }
    let line = String::from_utf8_lossy(&bytes);
    let document = json!({
        "schema": "keyfleet.audit-inclusion/1", "origin": origin, "size": size, "root": hex(root),
        "record": record, "line": line, "leaf": hex(&leaf), "proof": hexes(&path),
    });
    let text = format!(
        "\u{2713} record {record} is in the log of {size} records\n  {}\n  origin {}\n  leaf   {}\n  root   {}\n{}",
        plain(&line),
        plain(origin),
        hex(&leaf),
        hex(root),
        listed(&path)
    );
    Ok((document, text))
}

fn consistency(log: &Log, checkpoint: &Checkpoint, before: u64) -> Result<Proof, Trouble> {
    let Checkpoint { origin, size, root } = checkpoint;
    if before > *size {
        return Err(LogError::Beyond(*size).into());
    }
    let fetch = |height, number| log.subtree(height, number, *size);
    let old = audit::root(before, fetch)?;
    let path = audit::consistency(before, *size, fetch)?;
    if !audit::verify_consistency((before, &old), (*size, root), &path) {
        return Err(Trouble::broken(format!("the log of {before} records is not the beginning of this one")));
    }
    let document = json!({
        "schema": "keyfleet.audit-consistency/1", "origin": origin, "size": size, "root": hex(root),
        "from_size": before, "from_root": hex(&old), "proof": hexes(&path),
    });
    let text = format!(
        "\u{2713} the log of {before} records is the beginning of that of {size}\n  origin {}\n  old root {}\n  new root {}\n{}",
        plain(origin),
        hex(&old),
        hex(root),
        listed(&path)
    );
    Ok((document, text))
}

fn hexes(path: &[Hash]) -> Vec<String> {
    path.iter().map(|hash| hex(hash)).collect()
}

fn listed(path: &[Hash]) -> String {
    path.iter().enumerate().map(|(i, hash)| format!("  {i:>5}  {}\n", hex(hash))).collect()
}
