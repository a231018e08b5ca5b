//! The limit: a bare loop, written by hand, on the smallest model that still is one. Three regions; Poisson arrivals, 3.2 a
//! millisecond each; four FIFO servers each; service lognormal, mean 1 ms, sigma 0.5, so that utilisation is 0.8; one-way
//! delays lognormal with medians 5, 20 and 60 ms, sigma 0.25, drawn twice. Four events a request: it is sent, it reaches the
//! queue, its service ends, its answer arrives. Nothing else is modelled: no keys, routing, retries, audit.

use keyfleet::rng::{Purpose, Stream, Streams, exponential, lognormal};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

const REGIONS: usize = 3;
const SERVERS: u32 = 4;
const GAP_NS: f64 = 1e6 / 3.2;
const WAN_MEDIAN_NS: [f64; REGIONS] = [5e6, 20e6, 60e6];

/// What the loop measured.
pub struct Measured {
    /// Requests answered.
    pub requests: u64,
    /// Mean time queued, ms; the reference is 0.4898.
    pub wait_ms: f64,
    /// Mean latency, ms; the reference is 59.9555.
    pub latency_ms: f64,
}

#[derive(Clone, Copy)]
struct Request {
    region: u8,
    stage: u8,
    sent: u64,
    queued: u64,
}

struct Region {
    free: u32,
    waiting: VecDeque<u32>,
    arrivals: Stream,
    delays: Stream,
    services: Stream,
    left: u64,
}

/// Runs `requests` requests to the last answer.
pub fn run(requests: u64, seed: u64) -> Measured {
    let streams = Streams::new(seed, 0);
    let mut regions: Vec<Region> = (0..REGIONS)
        .map(|r| Region {
            free: SERVERS,
            waiting: VecDeque::new(),
            arrivals: streams.stream(Purpose::Arrivals, &r.to_string()),
            delays: streams.stream(Purpose::Network, &r.to_string()),
            services: streams.stream(Purpose::Service, &r.to_string()),
            left: requests / REGIONS as u64,
        })
        .collect();
    let mut queue = Pending::default();
    let (mut done, mut wait, mut latency) = (0_u64, 0_u64, 0_u64);
    for (r, region) in regions.iter_mut().enumerate() {
        let at = (exponential(&mut region.arrivals) * GAP_NS) as u64;
        queue.push(at, Request { region: r as u8, stage: 0, sent: at, queued: 0 });
    }
    while let Some((now, slot)) = queue.pop() {
        let request = queue.slab[slot as usize];
        let r = request.region as usize;
        let region = &mut regions[r];
        match request.stage {
            0 => {
                region.left -= 1;
                if region.left > 0 {
                    let at = now + (exponential(&mut region.arrivals) * GAP_NS) as u64;
                    queue.push(at, Request { region: r as u8, stage: 0, sent: at, queued: 0 });
                }
                let delay = delay(&mut region.delays, r);
                queue.again(slot, now + delay, 1);
            }
            1 => {
                queue.slab[slot as usize].queued = now;
                if region.free == 0 {
                    region.waiting.push_back(slot);
                } else {
                    region.free -= 1;
                    queue.again(slot, now + service(&mut region.services), 2);
                }
            }
            2 => {
                match region.waiting.pop_front() {
                    Some(next) => {
                        wait += now - queue.slab[next as usize].queued;
                        queue.again(next, now + service(&mut region.services), 2);
                    }
                    None => region.free += 1,
                }
                let delay = delay(&mut region.delays, r);
                queue.again(slot, now + delay, 3);
            }
            _ => {
                done += 1;
                latency += now - request.sent;
                queue.free.push(slot);
            }
        }
    }
    let mean_ms = |sum: u64| sum as f64 / done as f64 / 1e6;
    Measured { requests: done, wait_ms: mean_ms(wait), latency_ms: mean_ms(latency) }
}

fn delay(stream: &mut Stream, region: usize) -> u64 {
    lognormal(stream, WAN_MEDIAN_NS[region], 0.25) as u64
}

fn service(stream: &mut Stream) -> u64 {
    // The median that gives a mean of 1 ms at sigma 0.5.
    lognormal(stream, 1e6 * 0.882_496_902_584_595_4, 0.5) as u64
}

#[derive(Default)]
struct Pending {
    heap: BinaryHeap<Reverse<u128>>,
    slab: Vec<Request>,
    free: Vec<u32>,
    sequence: u64,
}

impl Pending {
    fn push(&mut self, at: u64, request: Request) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slab.push(request);
            self.slab.len() as u32 - 1
        });
        self.slab[slot as usize] = request;
        self.schedule(slot, at);
    }

    fn again(&mut self, slot: u32, at: u64, stage: u8) {
        self.slab[slot as usize].stage = stage;
        self.schedule(slot, at);
    }

    fn schedule(&mut self, slot: u32, at: u64) {
        self.heap.push(Reverse(u128::from(at) << 64 | u128::from(self.sequence) << 26 | u128::from(slot)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> Option<(u64, u32)> {
        let Reverse(key) = self.heap.pop()?;
        Some(((key >> 64) as u64, key as u32 & ((1 << 26) - 1)))
    }
}
