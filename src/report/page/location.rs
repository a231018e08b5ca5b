//! How often users were taken for others, and what it cost.

use super::{pairs, paragraph};
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{Estimate, LocationBlock, RunDocument};

/// What the licence of the shipped database asks for.
const CREDIT: &str =
    "The shipped database of countries is DB-IP Lite: IP Geolocation by DB-IP, https://db-ip.com, CC BY 4.0.";

pub(super) fn section(run: &RunDocument) -> String {
    let Some(block) = &run.location else { return String::new() };
    let explanation = "Users are located by the country that they told with their consent, else by that of their address, else by \
                       where their connection leads. A wrong country sends a request to the wrong region. Where its sites lack the key they \
                       send it on, and the time until then is lost; where they are partners that hold it, they may be farther. Where the keys of both countries have the same region, a wrong \
                       country costs nothing. Residency goes by keys and sites alone: a wrong country never widens it.";
    let mut out = paragraph(explanation);
    out += &pairs("Locations, per replication of the run, warm-up included", figures(block));
    out += &origins(block).html();
    out + &paragraph(CREDIT)
}

fn figures(block: &LocationBlock) -> Vec<(&'static str, String)> {
    let lost = block.detours.or_zero() + block.farther.or_zero() > 0.0;
    let wrong = |cause: &str| tally(block.wrong.get(cause).copied().unwrap_or_default());
    vec![
        ("requests of users", tally(block.requests)),
        ("located", tally(block.located)),
        ("of another country than they are in", number::share_estimate(block.wrong_share)),
        ("… for the database errs", wrong("database")),
        ("… for a VPN", wrong("vpn")),
        ("… for roaming", wrong("roaming")),
        ("… for a database that is out of date", wrong("stale")),
        ("… for what users told", wrong("told")),
        ("sent to another region for it", tally(block.astray)),
        ("sent on from there", tally(block.detours)),
        ("calls to a host that is farther than another", tally(block.farther)),
        ("time that each of these lost, mean", number::latency(block.lost_ms.mean, lost)),
        ("time that each of these lost, p99", number::latency(block.lost_ms.p99, lost)),
        ("the same over all requests, mean", number::latency(block.lost_per_request_ms, lost)),
        ("forbidden, for rules went by a wrong country or none", tally(block.wrongly_forbidden)),
        ("let in, for rules went by a wrong country or none", tally(block.wrongly_allowed)),
        ("address unknown to the database", tally(block.unknown)),
        ("address private", tally(block.private)),
        ("told another country than that of the address", tally(block.contradictions)),
    ]
}

fn origins(block: &LocationBlock) -> Table {
    let head = [
        "users of",
        "requests",
        "taken for others",
        "share",
        "sent to another region",
        "mean loss of those that lost time",
    ];
    let mut table = Table::new("By country of the users, per replication", &head);
    for (id, origin) in &block.origins {
        table.row(vec![
            Cell::text(id),
            Cell::number(tally(origin.requests)),
            Cell::number(tally(origin.wrong)),
            Cell::number(part(origin.wrong, origin.requests)),
            Cell::number(tally(origin.astray)),
            Cell::number(number::latency(origin.lost_ms, origin.lost_ms.value.is_some())),
        ]);
    }
    table
}

/// One figure as a share of another.
fn part(part: Estimate, whole: Estimate) -> String {
    let whole = whole.or_zero();
    if whole > 0.0 { number::share(part.or_zero() / whole) } else { number::NOTHING.to_owned() }
}

/// Locations in a sentence, where any was wrong.
pub(crate) fn located(run: &RunDocument) -> Option<String> {
    let block = run.location.as_ref().filter(|block| block.wrong_share.or_zero() > 0.0)?;
    let mut text = format!(
        "location: {} of users' requests taken for another country, {} of them sent to another region",
        number::share(block.wrong_share.or_zero()),
        tally(block.astray),
    );
    if block.lost_ms.mean.value.is_some() {
        let times = block.detours.or_zero() + block.farther.or_zero();
        text += &format!("; {} detours and farther calls lost", number::significant(times));
        text += &format!(" {} each in the mean", number::latency(block.lost_ms.mean, true));
    }
    if block.wrongly_forbidden.or_zero() > 0.0 {
        let forbidden = tally(block.wrongly_forbidden);
        text += &format!("; {forbidden} requests forbidden for rules went by a wrong country or none");
    }
    Some(text)
}
