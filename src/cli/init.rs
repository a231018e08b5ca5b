//! `keyfleet init`: writes a commented scenario to start from. The templates are the shipped scenarios.

use super::{Common, Exit, message, result};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// Name, text.
const TEMPLATES: [(&str, &str); 6] = [
    ("first", include_str!("../../scenarios/first.toml")),
    ("payments-global", include_str!("../../scenarios/payments-global.toml")),
    ("region-loss-at-peak", include_str!("../../scenarios/region-loss-at-peak.toml")),
    ("gray-failure-retries", include_str!("../../scenarios/gray-failure-retries.toml")),
    ("metadata-outage", include_str!("../../scenarios/metadata-outage.toml")),
    ("ca-mass-reissue", include_str!("../../scenarios/ca-mass-reissue.toml")),
];

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet init first.toml\n  keyfleet init --template payments-global fleet.toml\n"
)]
pub(super) struct Init {
    /// Which template
    #[arg(long, value_name = "NAME", default_value = "first")]
    template: String,
    /// List the templates
    #[arg(long)]
    list: bool,
    /// The file to write; it must not exist
    #[arg(value_name = "FILE", required_unless_present = "list")]
    file: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(&self, common: &Common) -> Exit {
        let Some(file) = self.file.as_ref().filter(|_| !self.list) else {
            return result(&TEMPLATES.map(|(name, text)| format!("{name:<20}  {}\n", purpose(text))).concat());
        };
        let Some((_, text)) = TEMPLATES.iter().find(|(name, _)| *name == self.template) else {
            let names = TEMPLATES.map(|(name, _)| name).join(", ");
            message(&format!("keyfleet: there is no template \"{}\"; there are {names}\n", self.template));
            return Exit::Usage;
        };
        // The schema lies in keyfleet's repository, not beside the new file.
        let text: String = text.split_inclusive('\n').filter(|line| !line.starts_with("#:schema")).collect();
        let written =
            OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut f| f.write_all(text.as_bytes()));
        match written {
            Ok(()) => {
                if !common.quiet {
                    message(&format!("wrote {0}; next: keyfleet check {0}\n", file.display()));
                }
                Exit::Ok
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                message(&format!("keyfleet: {} exists and is left as it is\n", file.display()));
                Exit::Internal
            }
            Err(error) => {
                message(&format!("keyfleet: cannot write {}: {error}\n", file.display()));
                Exit::Internal
            }
        }
    }
}

/// The first comment of a template.
fn purpose(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default()
}
