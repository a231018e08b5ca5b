//! Where the warm-up of a steady-state run ends. Means nothing on load that changes by the hour: a diurnal swing looks like one
//! long transient.

/// The number of leading entries to drop so that the standard error of the mean of the rest is least: the marginal standard
/// error rule (White 1997, Simulation 69). `None` when that lies in the second half of the series, which is then too short to tell,
/// or when there are fewer than ten entries.
#[must_use]
pub fn mser(series: &[f64]) -> Option<usize> {
    let n = series.len();
    if n < 10 {
        return None;
    }
    // Welford's update from the end: mean and sum of squares of the last `kept` entries.
    let (mut mean, mut squares) = (0.0, 0.0);
    let (mut best, mut least) = (n, f64::INFINITY);
    for (index, value) in series.iter().enumerate().rev() {
        let kept = (n - index) as f64;
        let difference = value - mean;
        mean += difference / kept;
        squares += difference * (value - mean);
        // The last few entries agree with each other by chance alone; White, Cobb and Spratt 2000 leave out five.
        if n - index > 5 && squares / (kept * kept) <= least {
            least = squares / (kept * kept);
            best = index;
        }
    }
    (best <= n / 2).then_some(best)
}

/// MSER-5 (White, Cobb and Spratt 2000, WSC): the rule over means of five values each, which smooths what single values hide. Returns
/// the number of leading values to drop; values after the last full batch are not looked at.
#[must_use]
pub fn mser5(values: &[f64]) -> Option<usize> {
    let (batches, _) = values.as_chunks::<5>();
    let means: Vec<f64> = batches.iter().map(|batch| batch.iter().sum::<f64>() / 5.0).collect();
    mser(&means).map(|batch| 5 * batch)
}
