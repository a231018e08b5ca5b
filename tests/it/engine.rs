//! The event queue against a sorted list: every regime of its parts, ties, bursts, pauses, sources, and limits.

use keyfleet::engine::{Due, Model, Pace, Queue, run};
use keyfleet::rng::{Purpose, Rng, Streams};
use keyfleet::time::{Span, Time};
use std::collections::BTreeMap;

/// A queue and what it should hold: (time, sequence) to what was scheduled; sources beside.
struct Checked {
    queue: Queue<u64>,
    pending: BTreeMap<(u64, u64), Due<u64>>,
    sequence: u64,
    now: u64,
}

impl Checked {
    fn new(sources: usize) -> Self {
        Self { queue: Queue::new(sources), pending: BTreeMap::new(), sequence: 0, now: 0 }
    }

    fn at(&mut self, at: u64) {
        self.sequence += 1;
        self.queue.at(Time(at), self.sequence);
        self.pending.insert((at, self.sequence), Due::Event(self.sequence));
    }

    fn source(&mut self, source: u32, at: u64) {
        self.sequence += 1;
        self.pending.retain(|_, due| *due != Due::Source(source));
        self.queue.source(source, Time(at));
        self.pending.insert((at, self.sequence), Due::Source(source));
    }

    /// Takes the next that is due by `until` and holds it against the list.
    fn pop(&mut self, until: u64) -> bool {
        let expected =
            self.pending.first_key_value().map(|(key, due)| (*key, *due)).filter(|((at, _), _)| *at <= until);
        assert_eq!(self.queue.due(), self.pending.first_key_value().map(|((at, _), _)| Time(*at)));
        let found = self.queue.pop(Time(until));
        assert_eq!(found, expected.map(|((at, _), due)| (Time(at), due)), "at {}", self.now);
        let Some((key, _)) = expected else { return false };
        self.pending.remove(&key);
        self.now = key.0;
        true
    }
}

#[test]
fn events_come_in_order_at_any_density() {
    let mut rng = Streams::new(7, 0).stream(Purpose::Arrivals, "queue");
    // Spans in nanoseconds from crowded to sparse, many and few pending, and back again.
    for (pending, longest) in [(3, 1 << 40), (40, 5), (700, 1 << 20), (20_000, 1 << 30), (50, 1 << 45), (500, 1)] {
        let mut checked = Checked::new(3);
        for source in 0..3 {
            checked.source(source, u64::from(source) * 7);
        }
        for _ in 0..pending {
            checked.at(rng.next_u64() % longest);
        }
        for round in 0..60_000_u64 {
            assert!(checked.pop(u64::MAX));
            let span = match rng.next_u64() % 10 {
                0 => 0,
                1 => longest,
                2..5 => rng.next_u64() % (longest / 100 + 1),
                _ => rng.next_u64() % longest,
            };
            if round % 5 == 0 {
                checked.source((round % 3) as u32, checked.now + span);
            } else if checked.pending.len() <= pending {
                checked.at(checked.now + span);
            }
            // A burst at one instant.
            if round % 20_000 == 5 {
                (0..300).for_each(|_| checked.at(checked.now + 1000));
            }
        }
        while checked.pop(u64::MAX) {}
    }
}

#[test]
fn very_many_pending_events_come_in_order_too() {
    let mut rng = Streams::new(8, 0).stream(Purpose::Arrivals, "queue");
    let mut checked = Checked::new(0);
    (0..100_000).for_each(|_| checked.at(rng.next_u64() % 1_000_000));
    for round in 0..300_000_u64 {
        checked.pop(u64::MAX);
        // Rises beyond the calendar's share, falls below it, and rises again.
        if round < 50_000 || (150_000..200_000).contains(&round) {
            checked.at(checked.now + rng.next_u64() % 1_000_000);
            checked.at(checked.now + rng.next_u64() % 3);
        }
    }
    while checked.pop(u64::MAX) {}
}

#[test]
fn nothing_beyond_the_limit_is_taken_and_what_is_scheduled_later_may_come_before_it() {
    let mut checked = Checked::new(1);
    checked.at(1_000_000_000);
    assert!(!checked.pop(10));
    for at in [500, 20, 999_999_999, 20, 1_000_000_000] {
        checked.at(at);
    }
    checked.source(0, 21);
    assert!(!checked.pop(19));
    for until in [20, 20, 21, 500, u64::MAX, u64::MAX, u64::MAX] {
        assert!(checked.pop(until));
    }
    assert!(!checked.pop(u64::MAX));
}

#[test]
fn a_copied_queue_goes_on_as_the_original_does() {
    let mut checked = Checked::new(1);
    let mut rng = Streams::new(9, 0).stream(Purpose::Arrivals, "queue");
    (0..5_000).for_each(|_| checked.at(rng.next_u64() % 1_000_000));
    (0..2_000).for_each(|_| assert!(checked.pop(u64::MAX)));
    let mut copy = checked.queue.clone();
    while let Some(due) = checked.queue.pop(Time::NEVER) {
        assert_eq!(copy.pop(Time::NEVER), Some(due));
    }
    assert_eq!(copy.pop(Time::NEVER), None);
}

/// Counts down: each event schedules the next until none is left.
struct CountDown(u64);

impl Model for CountDown {
    type Event = ();

    fn handle(&mut self, now: Time, (): (), queue: &mut Queue<()>) {
        self.0 -= 1;
        if self.0 > 0 {
            queue.at(now + Span(10), ());
        }
    }

    fn arrive(&mut self, _: Time, _: u32, _: &mut Queue<()>) {}
}

#[test]
fn a_run_ends_when_nothing_is_due_or_time_is_up_and_goes_on_from_there() {
    let (mut model, mut queue) = (CountDown(10), Queue::new(0));
    queue.at(Time(10), ());
    assert_eq!(run(&mut model, &mut queue, &mut Pace::Virtual { until: Time(35) }).handled, 3);
    assert_eq!((model.0, queue.len(), queue.due()), (7, 1, Some(Time(40))));
    let rest = run(&mut model, &mut queue, &mut Pace::Virtual { until: Time::NEVER });
    assert_eq!((rest.handled, rest.ended, queue.is_empty()), (7, Time(100), true));
}
