//! `keyfleet audit verify`: whether a log is what was logged, and what cannot be known of it.

use super::{Format, Place, Trouble, read};
use crate::audit::{self, Against, Verdict, hex};
use crate::cli::{Exit, result};
use clap::Args;
use std::path::PathBuf;

/// What only a checkpoint kept elsewhere shows.
const UNKNOWN: &str = "whether records were cut from the end, or all were replaced, together with the log's own checkpoint: \
only a checkpoint kept elsewhere shows it (--checkpoint)";
/// What nothing shows where all checkpoints are gone.
const UNVOUCHED: &str = "whether these are the records that were logged: the log's own checkpoint is missing, so any of them may \
have been changed, removed or added, and the tiles made anew; only a checkpoint kept elsewhere shows it (--checkpoint)";

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet audit verify out/first\n  keyfleet audit verify out/first --checkpoint kept/checkpoint\n"
)]
pub(super) struct Verify {
    #[command(flatten)]
    place: Place,
    /// A copy of the log's checkpoint that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

impl Verify {
    pub(super) fn run(&self) -> Result<Exit, Trouble> {
        let given = self.checkpoint.as_deref().map(read).transpose()?;
        let trusted = self.place.trusted()?;
        let verdict = audit::verify(&self.place.open()?, given.as_deref(), trusted.as_ref())?;
        let printed = result(&match self.place.format {
            Format::Text => text(&verdict),
            Format::Json => json(&verdict),
        });
        Ok(match printed {
            Exit::Ok if !verdict.verifies() => Exit::Broken,
            other => other,
        })
    }
}

fn unknown(verdict: &Verdict) -> Vec<String> {
    match verdict.against {
        Against::Given if verdict.proven < verdict.records => {
            vec![match verdict.proven {
                0 => "whether any record is right: the checkpoint that is given does not vouch for this log".to_owned(),
                from => format!(
                    "whether records from {from} on are right: the checkpoint that is given is older than they are"
                ),
            }]
        }
        Against::Given if verdict.own => Vec::new(),
        Against::Given => vec![format!(
            "whether more than {} records were logged: the log's own checkpoint is missing, which would say it",
            verdict.proven
        )],
        Against::Own => vec![UNKNOWN.to_owned()],
        // One that is there and cannot be believed is a finding.
        Against::Nothing => vec![UNVOUCHED.to_owned()],
    }
}

fn text(verdict: &Verdict) -> String {
    let Verdict { records, root, proven, .. } = verdict;
    let mut text = match (verdict.holds(), verdict.against) {
        (false, _) => "\u{2717} the log does not verify\n".to_owned(),
        (true, Against::Nothing) => {
            "\u{2717} records and tiles agree, but there is no checkpoint that says so\n".to_owned()
        }
        (true, Against::Own) => format!("\u{2713} {proven} records are as the log's own checkpoint says\n"),
        (true, Against::Given) => format!("\u{2713} {proven} records are as a checkpoint says\n"),
    };
    text += &format!("  {records} records, root {}\n", hex(root));
    text.extend(verdict.findings.iter().map(|finding| format!("  {finding}\n")));
    text.extend(unknown(verdict).iter().map(|what| format!("  not known: {what}\n")));
    text
}

fn json(verdict: &Verdict) -> String {
    let against = match verdict.against {
        Against::Given => "given",
        Against::Own => "own",
        Against::Nothing => "nothing",
    };
    let document = serde_json::json!({
        "schema": "keyfleet.audit-verify/1",
        "verifies": verdict.verifies(),
        "records": verdict.records,
        "root": hex(&verdict.root),
        "checkpoint": against,
        "proven": verdict.proven,
        "first_bad": verdict.first_bad(),
        "findings": verdict.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "not_known": unknown(verdict),
    });
    format!("{document:#}\n")
}
