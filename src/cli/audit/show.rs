//! `keyfleet audit show`: the records of a log, or those asked for. It believes what it reads; `verify` does not.

use super::{Format, Place, Trouble, plain};
use crate::audit::{Kind, Record};
use crate::cli::{Exit, message, result};
use crate::units::Duration;
use clap::Args;
use jiff::Timestamp;

#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  keyfleet audit show out/first --site eu --from '5 min' --to '10 min'\n  keyfleet audit show out/first --key card/17 --format json\n"
)]
pub(super) struct Show {
    #[command(flatten)]
    place: Place,
    /// Only records of this kind, such as sealed or rotation-due (repeatable)
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Vec<Kind>,
    /// Only records about this site, such as eu.a, or the sites of this region
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only records about this key, such as card/17, or the keys of this class
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only records about this tenant: its secrets, its callers at gates, its part of batches
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Only records about callers at this place, such as eu or eu@bank
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Only records at or after this: since the run began ("5 min"), or a date with time (2027-03-01T09:40:00Z)
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only records before this
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

fn kind(text: &str) -> Result<Kind, String> {
    let names = || Kind::ALL.map(Kind::name).join(", ");
    Kind::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("there are {}", names()))
}

impl Show {
    pub(super) fn run(&self) -> Result<Exit, Trouble> {
        let log = self.place.open()?;
        let first = log.record(0)?.and_then(|line| Record::read(&line).ok());
        let start = first.and_then(|record| record.start?.parse::<Timestamp>().ok());
        let bound = |text: &Option<String>| text.as_deref().map(|text| nanoseconds(text, start)).transpose();
        let (from, to) = (bound(&self.from)?.unwrap_or(i128::MIN), bound(&self.to)?.unwrap_or(i128::MAX));
        let (mut exit, mut n, mut any) = (Exit::Ok, 0_u64, false);
        for number in 0.. {
            let Some(segment) = log.segment(number)? else { break };
            let segment = segment.map_err(|error| Trouble::broken(format!("record {n}: its segment: {error}")))?;
            let mut text = String::new();
            for line in segment.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                match Record::read(line) {
                    Ok(record) if (from..to).contains(&i128::from(record.ns)) && self.wants(&record) => {
                        text += &match self.place.format {
                            Format::Text => told(&record, start),
                            Format::Json => format!("{}\n", String::from_utf8_lossy(line)),
                        };
                    }
                    Ok(_) => {}
                    Err(error) => {
                        message(&format!("keyfleet: record {n} cannot be read: {}\n", plain(&error)));
                        exit = Exit::Broken;
                    }
                }
                n += 1;
            }
            any |= !text.is_empty();
            match result(&text) {
                Exit::Ok => {}
                other => return Ok(other),
            }
        }
        if !any {
            message("keyfleet: no record is of this kind, site, key, tenant, origin and time\n");
        }
        Ok(exit)
    }

    fn wants(&self, record: &Record<'_>) -> bool {
        let part = |asked: &Option<String>, found: Option<&str>, separator: char| {
            asked.as_ref().is_none_or(|asked| {
                let rest = found.and_then(|found| found.strip_prefix(asked.as_str()));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
            })
        };
        (self.kind.is_empty() || self.kind.contains(&record.kind))
            && part(&self.site, record.site.as_deref(), '.')
            && part(&self.key, record.key.as_deref(), '/')
            && part(&self.origin, record.origin.as_deref(), '@')
            && self.tenant.as_ref().is_none_or(|tenant| record.is_about_tenant(tenant))
    }
}

/// A bound in nanoseconds since the run began.
fn nanoseconds(text: &str, start: Option<Timestamp>) -> Result<i128, Trouble> {
    if let Ok(span) = text.parse::<Duration>() {
        return Ok(span.span().0.into());
    }
    match (text.parse::<Timestamp>(), start) {
        (Ok(at), Some(start)) => Ok(at.as_nanosecond() - start.as_nanosecond()),
        (Ok(_), None) => Err(Trouble::broken("the log does not say when its run began".to_owned())),
        (Err(_), _) => {
            Err(Trouble::usage(format!("\"{text}\" is no time such as \"5 min\" or \"2027-03-01T09:40:00Z\"")))
        }
    }
}

fn told(record: &Record<'_>, start: Option<Timestamp>) -> String {
    let at = start.and_then(|start| Timestamp::from_nanosecond(start.as_nanosecond() + i128::from(record.ns)).ok());
    let at = at.map_or_else(|| Duration::from(crate::time::Span(record.ns)).to_string(), |at| format!("{at:.3}"));
    format!("{:>8}  {at}  {:<12}  {}\n", record.n, record.kind.name(), plain(&record.subject()))
}
