//! Series over time made short enough to draw, peaks and gaps kept. Knows no unit.

/// What a slot of a latency series says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reading {
    /// A finite value.
    Value(f64),
    /// Infinite: too many requests were never answered.
    Unanswered,
    /// Nothing was asked.
    Idle,
}

/// A reading and the middle of its slot, in slots since the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) at: f64,
    pub(crate) reading: Reading,
}

/// `values` where `None` is infinite if something was offered in that slot, and idle if not.
pub(crate) fn latency_readings(values: &[Option<f64>], offered: &[f64]) -> Vec<Reading> {
    let asked = |i: usize| offered.get(i).is_some_and(|o| *o > 0.0);
    let reading = |(i, v): (usize, &Option<f64>)| match v {
        Some(v) => Reading::Value(*v),
        None if asked(i) => Reading::Unanswered,
        None => Reading::Idle,
    };
    values.iter().enumerate().map(reading).collect()
}

/// Readings of plain values.
pub(crate) fn plain_readings(values: &[f64]) -> Vec<Reading> {
    values.iter().map(|v| Reading::Value(*v)).collect()
}

/// Readings of values that were not measured everywhere.
pub(crate) fn gapped_readings(values: &[Option<f64>]) -> Vec<Reading> {
    values.iter().map(|v| v.map_or(Reading::Idle, Reading::Value)).collect()
}

/// At most `buckets` times three samples: of each bucket its lowest and its highest value, and an unanswered slot if there is
/// one, in order of time. Peaks and outages survive, whatever their length.
pub(crate) fn thin(readings: &[Reading], buckets: usize) -> Vec<Sample> {
    let sample = |i: usize| Sample { at: i as f64 + 0.5, reading: readings[i] };
    if readings.len() <= buckets * 2 {
        return (0..readings.len()).map(sample).collect();
    }
    let mut out = Vec::with_capacity(buckets * 2);
    for bucket in 0..buckets {
        let (from, until) = (readings.len() * bucket / buckets, readings.len() * (bucket + 1) / buckets);
        let value = |i: &usize| match readings[*i] {
            Reading::Value(v) => v,
            _ => f64::NAN,
        };
        let finite: Vec<usize> = (from..until).filter(|i| !value(i).is_nan()).collect();
        let lowest = finite.iter().copied().min_by(|a, b| value(a).total_cmp(&value(b)));
        let highest = finite.iter().copied().max_by(|a, b| value(a).total_cmp(&value(b)));
        let unanswered = (from..until).find(|i| readings[*i] == Reading::Unanswered);
        let idle = if finite.is_empty() && unanswered.is_none() { Some(from) } else { None };
        let mut kept: Vec<usize> = [lowest, highest, unanswered, idle].into_iter().flatten().collect();
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(sample));
    }
    out
}

/// Stretches of neighbouring finite samples.
pub(crate) fn finite_runs(samples: &[Sample]) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for sample in samples {
        match sample.reading {
            Reading::Value(v) => runs.last_mut().expect("there is always a last run").push((sample.at, v)),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Stretches of unanswered slots, from the beginning of the first to the end of the last, in slots.
pub(crate) fn unanswered_runs(readings: &[Reading]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (i, _) in readings.iter().enumerate().filter(|(_, r)| **r == Reading::Unanswered) {
        match runs.last_mut() {
            Some((_, until)) if *until == i => *until = i + 1,
            _ => runs.push((i, i + 1)),
        }
    }
    runs
}

/// The highest finite value and the slot it stands in.
pub(crate) fn peak(readings: &[Reading]) -> Option<(usize, f64)> {
    let finite = readings.iter().enumerate().filter_map(|(i, r)| match r {
        Reading::Value(v) => Some((i, *v)),
        _ => None,
    });
    // The first of equal ones.
    finite.fold(None, |best, (i, v)| match best {
        Some((_, b)) if b >= v => best,
        _ => Some((i, v)),
    })
}

/// Slots from..until of each of `rows` table rows.
pub(crate) fn table_slots(slots: usize, rows: usize) -> Vec<(usize, usize)> {
    let rows = rows.min(slots);
    (0..rows).map(|r| (slots * r / rows, slots * (r + 1) / rows)).collect()
}
