//! Objectives that are in doubt and that nothing is short for: how many replications would settle them.

use super::breach::Breach;
use super::setting::Setting;
use super::{Found, ROOM};
use crate::metrics::Holds;
use crate::results::number;

/// More replications than this are asked of nobody.
const MOST: f64 = 1000.0;

/// An interval shrinks with the root of the number of replications: so many are needed for it to end before the limit.
pub(super) fn find(breach: &Breach<'_>) -> Vec<Found> {
    let (objective, judgement) = (breach.objective, &breach.judgement);
    let Some(half) = judgement.half_width.filter(|half| judgement.holds == Holds::Unknown && half.is_finite()) else {
        return Vec::new();
    };
    let distance = (judgement.value - objective.limit).abs();
    let have = breach.replicas.len() as f64;
    let enough = libm::ceil(have * libm::pow(ROOM * half / distance.max(1e-300), 2.0));
    if breach.case.is_some() || judgement.unfinished || !(enough > have && enough <= MOST) {
        return Vec::new();
    }
    vec![Found {
        short: "replications".to_owned(),
        need: enough,
        cause: format!("{} replications leave {} in doubt.", number::count(have as u64), objective.id),
        remedy: format!("The interval shrinks with the root of their number; about {enough} would settle it:"),
        set: vec![Setting::plain("replications".to_owned(), enough)],
    }]
}
