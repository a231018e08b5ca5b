//! The verdict in one sentence, made from the document.

use super::document::{FaultResult, RunDocument, Saturation, Status};
use crate::time::Span;

/// Says what holds, what does not, and what the fleet does not survive.
pub(super) fn sentence(document: &RunDocument) -> String {
    let count = |status: Status| document.objectives.iter().filter(|o| o.status == status).count();
    let (all, failed, unknown) = (document.objectives.len(), count(Status::Fail), count(Status::Inconclusive));
    let mut sentence = match (all, failed, unknown) {
        (0, ..) => "No objectives were stated".to_owned(),
        (_, 0, 0) if all == 1 => "The objective holds".to_owned(),
        (_, 0, 0) => format!("All {all} objectives hold"),
        (_, 0, _) => format!("{unknown} of {all} objectives cannot be decided; the others hold"),
        (_, 1, _) => format!("1 of {all} objectives fails"),
        _ => format!("{failed} of {all} objectives fail"),
    };
    if let Some(worst) = document.objectives.iter().find(|o| o.status == Status::Fail) {
        let value = worst.value.map_or("unanswered requests".to_owned(), |v| match worst.unit.as_str() {
            "s" => Span::from_secs_f64(v).to_string(),
            "ms" => Span::from_secs_f64(v / 1e3).to_string(),
            unit => format!("{v:.1} {unit}"),
        });
        sentence += &format!(": {} is {value} ({})", worst.expect, worst.at);
    }
    let hurt: Vec<&FaultResult> =
        document.survive.iter().filter(|case| case.worst_availability.is_some_and(|share| share < 0.99)).collect();
    if let Some(worst) =
        hurt.iter().min_by(|a, b| a.worst_availability.partial_cmp(&b.worst_availability).expect("shares are numbers"))
    {
        let share = 100.0 * (1.0 - worst.worst_availability.unwrap_or(1.0));
        sentence += &format!(
            "; losing {} fails {share:.1} % of the requests of {} in the worst five minutes",
            worst.id, worst.worst_region
        );
    } else if !document.survive.is_empty() {
        sentence += &format!(
            "; each of {} single losses at its peak leaves at least 99 % of requests good",
            document.survive.len()
        );
    }
    match document.saturation {
        Saturation::Stable => {}
        Saturation::Backlogged => sentence += "; queues built up and drained",
        Saturation::Overloaded => {
            sentence += "; the fleet is overloaded, so its quantiles depend on the length of the run"
        }
    }
    sentence + "."
}
