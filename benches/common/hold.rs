//! The hold model on the engine: entities that schedule themselves again and again.

use crate::bare_queues::{Done, step};
use keyfleet::engine::{Model, Pace, Queue, run};
use keyfleet::rng::Stream;
use keyfleet::time::{Span, Time};

struct Hold {
    stream: Stream,
    done: Done,
}

impl Model for Hold {
    type Event = u32;

    #[inline]
    fn handle(&mut self, now: Time, entity: u32, queue: &mut Queue<u32>) {
        self.done.count(now.0);
        queue.at(now + Span(step(&mut self.stream)), entity);
    }

    fn arrive(&mut self, _: Time, _: u32, _: &mut Queue<u32>) {}
}

pub fn hold(entities: u64, until: u64, stream: Stream) -> Done {
    let mut model = Hold { stream, done: Done::NONE };
    let mut queue = Queue::new(0);
    for entity in 0..entities as u32 {
        queue.at(Time(step(&mut model.stream)), entity);
    }
    run(&mut model, &mut queue, &mut Pace::Virtual { until: Time(until) });
    model.done
}
