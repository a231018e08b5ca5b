//! `keyfleet init`: writes a commented scenario to start from. The templates are the shipped scenarios.

use super::{Common, Exit, message, result};
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A shipped scenario, and the file that it names, if it names one.
struct Template {
    name: &'static str,
    text: &'static str,
    beside: Option<(&'static str, &'static str)>,
}

const fn alone(name: &'static str, text: &'static str) -> Template {
    Template { name, text, beside: None }
}

/// All that lie in `scenarios` itself, which a test holds.
const TEMPLATES: [Template; 31] = [
    alone("first", include_str!("../../scenarios/first.toml")),
    alone("payments-global", include_str!("../../scenarios/payments-global.toml")),
    alone("flood-50x", include_str!("../../scenarios/flood-50x.toml")),
    alone("cloud-kms-quota", include_str!("../../scenarios/cloud-kms-quota.toml")),
    Template {
        name: "cloud-kms-quota-mended",
        text: include_str!("../../scenarios/cloud-kms-quota-mended.toml"),
        beside: Some(("cloud-kms-quota.toml", include_str!("../../scenarios/cloud-kms-quota.toml"))),
    },
    alone("hybrid-onprem-only", include_str!("../../scenarios/hybrid-onprem-only.toml")),
    Template {
        name: "hybrid-onprem-cloud-burst",
        text: include_str!("../../scenarios/hybrid-onprem-cloud-burst.toml"),
        beside: Some(("hybrid-onprem-only.toml", include_str!("../../scenarios/hybrid-onprem-only.toml"))),
    },
    alone("region-loss-at-peak", include_str!("../../scenarios/region-loss-at-peak.toml")),
    alone("gray-failure-retries", include_str!("../../scenarios/gray-failure-retries.toml")),
    alone("certificate-expired", include_str!("../../scenarios/certificate-expired.toml")),
    alone("reconnect-storm", include_str!("../../scenarios/reconnect-storm.toml")),
    alone("metadata-outage", include_str!("../../scenarios/metadata-outage.toml")),
    alone("site-replaced", include_str!("../../scenarios/site-replaced.toml")),
    alone("rotation-year", include_str!("../../scenarios/rotation-year.toml")),
    Template {
        name: "keys-on-file",
        text: include_str!("../../scenarios/keys-on-file.toml"),
        beside: Some(("keys-on-file.csv", include_str!("../../scenarios/keys-on-file.csv"))),
    },
    Template {
        name: "rotation-storm",
        text: include_str!("../../scenarios/rotation-storm.toml"),
        beside: Some(("rotation-year.toml", include_str!("../../scenarios/rotation-year.toml"))),
    },
    alone("wrapping-key-compromise", include_str!("../../scenarios/wrapping-key-compromise.toml")),
    alone("site-lost-for-good", include_str!("../../scenarios/site-lost-for-good.toml")),
    alone("region-dark-emergency", include_str!("../../scenarios/region-dark-emergency.toml")),
    alone("cut-off-region", include_str!("../../scenarios/cut-off-region.toml")),
    alone("region-rebuilt", include_str!("../../scenarios/region-rebuilt.toml")),
    alone("kms-envelope-cold-cache", include_str!("../../scenarios/kms-envelope-cold-cache.toml")),
    Template {
        name: "kms-envelope-warm-restart",
        text: include_str!("../../scenarios/kms-envelope-warm-restart.toml"),
        beside: Some(("kms-envelope-cold-cache.toml", include_str!("../../scenarios/kms-envelope-cold-cache.toml"))),
    },
    alone("users-misplaced", include_str!("../../scenarios/users-misplaced.toml")),
    alone("bad-push-all-regions", include_str!("../../scenarios/bad-push-all-regions.toml")),
    Template {
        name: "bad-push-in-waves",
        text: include_str!("../../scenarios/bad-push-in-waves.toml"),
        beside: Some(("bad-push-all-regions.toml", include_str!("../../scenarios/bad-push-all-regions.toml"))),
    },
    alone("firmware-rollout", include_str!("../../scenarios/firmware-rollout.toml")),
    Template {
        name: "firmware-rollout-by-night",
        text: include_str!("../../scenarios/firmware-rollout-by-night.toml"),
        beside: Some(("firmware-rollout.toml", include_str!("../../scenarios/firmware-rollout.toml"))),
    },
    alone("dr-restore-with-custodians", include_str!("../../scenarios/dr-restore-with-custodians.toml")),
    Template {
        name: "dr-restore-on-call",
        text: include_str!("../../scenarios/dr-restore-on-call.toml"),
        beside: Some((
            "dr-restore-with-custodians.toml",
            include_str!("../../scenarios/dr-restore-with-custodians.toml"),
        )),
    },
    alone("ca-mass-reissue", include_str!("../../scenarios/ca-mass-reissue.toml")),
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
            let width = TEMPLATES.iter().map(|template| template.name.len()).max().unwrap_or(0);
            let line = |template: &Template| format!("{:<width$}  {}\n", template.name, purpose(template.text));
            return result(&TEMPLATES.iter().map(line).collect::<String>());
        };
        let Some(template) = TEMPLATES.iter().find(|template| template.name == self.template) else {
            let names = TEMPLATES.iter().map(|template| template.name).collect::<Vec<_>>().join(", ");
            message(&format!("keyfleet: there is no template \"{}\"; there are {names}\n", self.template));
            return Exit::Usage;
        };
        // The schema lies in keyfleet's repository, not beside the new file.
        let text =
            |text: &str| text.split_inclusive('\n').filter(|line| !line.starts_with("#:schema")).collect::<String>();
        let beside = template.beside.map(|(name, named)| (file.with_file_name(name), text(named)));
        // What the scenario names is looked for first: without it the new file would be of no use.
        if let Some((path, wanted)) = &beside
            && (path == file || fs::read_to_string(path).is_ok_and(|there| there != *wanted))
        {
            message(&format!("keyfleet: {} is to hold what the scenario names, and is taken\n", path.display()));
            return Exit::Internal;
        }
        let files = std::iter::once((file.clone(), text(template.text)));
        for (path, text) in files.chain(beside.into_iter().filter(|(path, _)| !path.exists())) {
            if let Err(reason) = write(&path, &text) {
                message(&format!("keyfleet: {reason}\n"));
                return Exit::Internal;
            }
            if !common.quiet {
                message(&format!("wrote {}\n", path.display()));
            }
        }
        if !common.quiet {
            message(&format!("next: keyfleet check {}\n", file.display()));
        }
        Exit::Ok
    }
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{} exists and is left as it is", path.display()),
        _ => format!("cannot write {}: {error}", path.display()),
    })
}

/// The first comment of a template.
fn purpose(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default()
}
