//! The geographic HSM service on the engine, as a plain model: three regions; Poisson arrivals, 3.2 a millisecond each; four
//! FIFO servers each; service lognormal, mean 1 ms, sigma 0.5; one-way delays lognormal with medians 5, 20 and 60 ms, sigma
//! 0.25, drawn twice. With every step as an event, or with departures known at arrival.

use keyfleet::engine::{Model, Pace, Queue, run};
use keyfleet::rng::{Purpose, Stream, Streams, exponential, lognormal};
use keyfleet::stats::Histogram;
use keyfleet::time::{Span, Time};
use std::collections::VecDeque;

const REGIONS: usize = 3;
const SERVERS: usize = 4;
const GAP_NS: f64 = 1e6 / 3.2;
const WAN_MEDIAN_NS: [f64; REGIONS] = [5e6, 20e6, 60e6];
/// The median that gives a mean of 1 ms at sigma 0.5.
const SERVICE_MEDIAN_NS: f64 = 1e6 * 0.882_496_902_584_595_4;

/// What happens in a region, to a request: when it was sent, and when it came to the queue.
#[derive(Clone, Copy)]
pub enum Event {
    AtQueue { region: u8, sent: Time },
    Served { region: u8, sent: Time },
    Answered { sent: Time },
}

struct Region {
    /// When each server is free; of those that serve, in the event path, the number.
    free: [Time; SERVERS],
    busy: usize,
    waiting: VecDeque<(Time, Time)>,
    arrivals: Stream,
    delays: Stream,
    services: Stream,
    left: u64,
}

pub struct W1 {
    regions: Vec<Region>,
    known: bool,
    pub requests: u64,
    wait: u128,
    latency: Histogram,
}

impl W1 {
    fn new(requests: u64, seed: u64, known: bool) -> Self {
        let streams = Streams::new(seed, 0);
        let region = |r: usize| Region {
            free: [Time::ZERO; SERVERS],
            busy: 0,
            waiting: VecDeque::new(),
            arrivals: streams.stream(Purpose::Arrivals, &r.to_string()),
            delays: streams.stream(Purpose::Network, &r.to_string()),
            services: streams.stream(Purpose::Service, &r.to_string()),
            left: requests / REGIONS as u64,
        };
        let regions = (0..REGIONS).map(region).collect();
        Self { regions, known, requests: 0, wait: 0, latency: Histogram::default() }
    }

    /// Mean time queued, ms; the reference is 0.4898.
    pub fn wait_ms(&self) -> f64 {
        self.wait as f64 / self.requests as f64 / 1e6
    }

    /// Mean latency, ms; the reference is 59.9555.
    pub fn latency_ms(&self) -> f64 {
        self.latency.mean().unwrap_or(f64::NAN) / 1e6
    }

    fn answered(&mut self, sent: Time, at: Time) {
        self.requests += 1;
        self.latency.record(at.since(sent).0);
    }
}

impl Region {
    fn delay(&mut self, r: usize) -> Span {
        Span(lognormal(&mut self.delays, WAN_MEDIAN_NS[r], 0.25) as u64)
    }

    fn service(&mut self) -> Span {
        Span(lognormal(&mut self.services, SERVICE_MEDIAN_NS, 0.5) as u64)
    }

    fn gap(&mut self) -> Span {
        Span((exponential(&mut self.arrivals) * GAP_NS) as u64)
    }
}

impl Model for W1 {
    type Event = Event;

    #[inline]
    fn arrive(&mut self, now: Time, source: u32, queue: &mut Queue<Event>) {
        let r = source as usize;
        let region = &mut self.regions[r];
        region.left -= 1;
        if region.left > 0 {
            queue.source(source, now + region.gap());
        }
        queue.at(now + region.delay(r), Event::AtQueue { region: r as u8, sent: now });
    }

    #[inline]
    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue<Event>) {
        match event {
            Event::AtQueue { region: r, sent } if self.known => {
                let region = &mut self.regions[usize::from(r)];
                let mut server = 0;
                for other in 1..SERVERS {
                    if region.free[other] < region.free[server] {
                        server = other;
                    }
                }
                let start = region.free[server].max(now);
                let end = start + region.service();
                region.free[server] = end;
                let answer = end + region.delay(usize::from(r));
                self.wait += u128::from(start.since(now).0);
                self.answered(sent, answer);
            }
            Event::AtQueue { region: r, sent } => {
                let region = &mut self.regions[usize::from(r)];
                if region.busy == SERVERS {
                    region.waiting.push_back((sent, now));
                } else {
                    region.busy += 1;
                    queue.at(now + region.service(), Event::Served { region: r, sent });
                }
            }
            Event::Served { region: r, sent } => {
                let region = &mut self.regions[usize::from(r)];
                match region.waiting.pop_front() {
                    Some((next, since)) => {
                        self.wait += u128::from(now.since(since).0);
                        queue.at(now + region.service(), Event::Served { region: r, sent: next });
                    }
                    None => region.busy -= 1,
                }
                queue.at(now + region.delay(usize::from(r)), Event::Answered { sent });
            }
            Event::Answered { sent } => self.answered(sent, now),
        }
    }
}

/// Runs `requests` requests to the last answer.
pub fn simulate(requests: u64, seed: u64, known: bool) -> W1 {
    let mut model = W1::new(requests, seed, known);
    let mut queue = Queue::new(REGIONS);
    for (source, region) in (0_u32..).zip(&mut model.regions) {
        if region.left > 0 {
            queue.source(source, Time::ZERO + region.gap());
        }
    }
    run(&mut model, &mut queue, &mut Pace::Virtual { until: Time::NEVER });
    model
}
