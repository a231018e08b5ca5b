//! Time that a piece of work takes.

use rustix::time::{ClockId, clock_gettime};

/// What `work` gave, and the seconds that it took by this clock.
pub fn timed<T>(clock: ClockId, work: impl FnOnce() -> T) -> (T, f64) {
    let now = || {
        let time = clock_gettime(clock);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let before = now();
    let done = work();
    (done, now() - before)
}

/// The middle one.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
