//! The limits for event queues: nothing but a bucket ring whose width is known beforehand, and a radix heap. What is scheduled
//! is a time and the number of an entity, whose next time is drawn when it comes: the hold model.

use keyfleet::rng::{Stream, exponential};

/// Mean of the exponential time from one event of an entity to its next, ns.
pub const MEAN_NS: f64 = 1e6;

/// What a run did: events, and a sum over their times that shows that two runs did the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub events: u64,
    pub sum: u64,
}

impl Done {
    pub const NONE: Self = Self { events: 0, sum: 0 };

    #[inline]
    pub fn count(&mut self, now: u64) {
        self.events += 1;
        self.sum = self.sum.wrapping_add(now.wrapping_mul(now));
    }
}

#[inline]
pub fn step(stream: &mut Stream) -> u64 {
    (exponential(stream) * MEAN_NS) as u64
}

/// Buckets of twice the mean distance of two events; enough of them for 24 means, later events would come too early.
pub fn ring(entities: u64, until: u64, stream: &mut Stream) -> Done {
    let shift = ((2.0 * MEAN_NS) as u64 / entities).max(1).ilog2();
    let count = ((24.0 * MEAN_NS) as u64 >> shift).next_power_of_two() as usize;
    let mut buckets: Vec<Vec<u128>> = vec![Vec::new(); count];
    let (mut sequence, mut day) = (0_u128, 0_u64);
    let mut done = Done::NONE;
    let mut key = |at: u64, entity: u128| {
        sequence += 1;
        u128::from(at) << 64 | sequence << 26 | entity
    };
    for entity in 0..u128::from(entities) {
        let at = step(stream);
        buckets[(at >> shift) as usize & (count - 1)].push(key(at, entity));
    }
    let mut open: Vec<u128> = Vec::new();
    loop {
        std::mem::swap(&mut open, &mut buckets[day as usize & (count - 1)]);
        open.sort_unstable_by(|a, b| b.cmp(a));
        while let Some(next) = open.pop() {
            let now = (next >> 64) as u64;
            if now > until {
                return done;
            }
            done.count(now);
            let at = now + step(stream);
            let next = key(at, next & ((1 << 26) - 1));
            if at >> shift == day {
                let place = open.iter().rposition(|other| *other > next).map_or(0, |at| at + 1);
                open.insert(place, next);
            } else {
                buckets[(at >> shift) as usize & (count - 1)].push(next);
            }
        }
        day += 1;
    }
}

/// A radix heap of times and entities; equal times in no order.
pub fn radix(entities: u64, until: u64, stream: &mut Stream) -> Done {
    let mut buckets: Vec<Vec<(u64, u32)>> = vec![Vec::new(); 65];
    let mut last = 0_u64;
    let mut done = Done::NONE;
    let bucket = |at: u64, last: u64| 64 - (at ^ last).leading_zeros() as usize;
    for entity in 0..entities as u32 {
        let at = step(stream);
        buckets[bucket(at, last)].push((at, entity));
    }
    loop {
        if buckets[0].is_empty() {
            let Some(lowest) = buckets.iter().position(|bucket| !bucket.is_empty()) else { return done };
            let mut moved = std::mem::take(&mut buckets[lowest]);
            last = moved.iter().map(|(at, _)| *at).min().unwrap_or(last);
            moved.drain(..).for_each(|entry| buckets[bucket(entry.0, last)].push(entry));
            buckets[lowest] = moved;
        }
        let Some((now, entity)) = buckets[0].pop() else { return done };
        if now > until {
            return done;
        }
        done.count(now);
        let at = now + step(stream);
        buckets[bucket(at, last)].push((at, entity));
    }
}
