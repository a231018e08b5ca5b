//! The two models on simcore. HSM service: callers and a pool of servers in each region, components that send each other events
//! with the delay of the network, as its own examples do. Hold: one component whose numbered entities send themselves events again
//! and again. Random numbers are drawn with simcore's own generator. Times are in ms.
//!
//! `simcore-peer w1 REQUESTS SEED` prints requests, processor seconds, mean wait and mean latency in ms;
//! `simcore-peer hold PENDING EVENTS SEED` prints events and processor seconds.

#[path = "../../../common/time.rs"]
#[expect(dead_code, reason = "medians are taken over rounds, by what calls this")]
mod time;

use rand_distr::{Exp, LogNormal};
use rustix::time::ClockId;
use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::rc::Rc;

const WAN_MEDIAN_MS: [f64; 3] = [5.0, 20.0, 60.0];
const SERVERS: u32 = 4;
const PER_MS: f64 = 3.2;
/// The median that gives a mean of 1 ms at sigma 0.5.
const SERVICE_MEDIAN_MS: f64 = 0.882_496_902_584_595_4;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[derive(Clone, Serialize)]
struct Send {}

#[derive(Clone, Serialize)]
struct Request {
    sent: f64,
}

#[derive(Clone, Serialize)]
struct Served {
    caller: Id,
    sent: f64,
}

#[derive(Clone, Serialize)]
struct Answer {
    sent: f64,
}

struct Callers {
    ctx: SimulationContext,
    pool: Id,
    gap: Exp<f64>,
    wan: LogNormal<f64>,
    left: u64,
    answered: u64,
    latency: f64,
}

impl Callers {
    fn again(&self) {
        self.ctx.emit_self(Send {}, self.ctx.sample_from_distribution(&self.gap));
    }
}

impl EventHandler for Callers {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Send {} => {
                self.left -= 1;
                if self.left > 0 {
                    self.again();
                }
                let wan = self.ctx.sample_from_distribution(&self.wan);
                self.ctx.emit(Request { sent: event.time }, self.pool, wan);
            }
            Answer { sent } => {
                self.answered += 1;
                self.latency += event.time - sent;
            }
        })
    }
}

struct Pool {
    ctx: SimulationContext,
    service: LogNormal<f64>,
    wan: LogNormal<f64>,
    free: u32,
    /// Who sent it, when, and when it came.
    waiting: VecDeque<(Id, f64, f64)>,
    wait: f64,
}

impl Pool {
    fn serve(&self, caller: Id, sent: f64) {
        self.ctx.emit_self(Served { caller, sent }, self.ctx.sample_from_distribution(&self.service));
    }
}

impl EventHandler for Pool {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Request { sent } => {
                if self.free == 0 {
                    self.waiting.push_back((event.src, sent, event.time));
                } else {
                    self.free -= 1;
                    self.serve(event.src, sent);
                }
            }
            Served { caller, sent } => {
                match self.waiting.pop_front() {
                    Some((next, sent, since)) => {
                        self.wait += event.time - since;
                        self.serve(next, sent);
                    }
                    None => self.free += 1,
                }
                let wan = self.ctx.sample_from_distribution(&self.wan);
                self.ctx.emit(Answer { sent }, caller, wan);
            }
        })
    }
}

/// Requests, and the sums of their waits and latencies.
fn w1(requests: u64, seed: u64) -> Outcome<(u64, f64, f64)> {
    let mut simulation = Simulation::new(seed);
    let mut regions = Vec::new();
    for (r, median) in WAN_MEDIAN_MS.into_iter().enumerate() {
        let wan = LogNormal::new(median.ln(), 0.25)?;
        let service = LogNormal::new(SERVICE_MEDIAN_MS.ln(), 0.5)?;
        let name = format!("pool {r}");
        let ctx = simulation.create_context(&name);
        let pool =
            Rc::new(RefCell::new(Pool { ctx, service, wan, free: SERVERS, waiting: VecDeque::new(), wait: 0.0 }));
        let id = simulation.add_handler(&name, pool.clone());
        let name = format!("callers {r}");
        let ctx = simulation.create_context(&name);
        let gap = Exp::new(PER_MS)?;
        let callers =
            Rc::new(RefCell::new(Callers { ctx, pool: id, gap, wan, left: requests / 3, answered: 0, latency: 0.0 }));
        simulation.add_handler(&name, callers.clone());
        callers.borrow().again();
        regions.push((callers, pool));
    }
    simulation.step_until_no_events();
    let sum = |(requests, wait, latency), (callers, pool): &(Rc<RefCell<Callers>>, Rc<RefCell<Pool>>)| {
        let callers = callers.borrow();
        (requests + callers.answered, wait + pool.borrow().wait, latency + callers.latency)
    };
    Ok(regions.iter().fold((0, 0.0, 0.0), sum))
}

#[derive(Clone, Serialize)]
struct Due {
    entity: u32,
}

struct Hold {
    ctx: SimulationContext,
    gap: Exp<f64>,
    events: u64,
}

impl Hold {
    fn again(&self, entity: u32) {
        self.ctx.emit_self(Due { entity }, self.ctx.sample_from_distribution(&self.gap));
    }
}

impl EventHandler for Hold {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Due { entity } => {
                self.events += 1;
                self.again(entity);
            }
        })
    }
}

fn hold(pending: u32, events: u64, seed: u64) -> Outcome<u64> {
    let mut simulation = Simulation::new(seed);
    let ctx = simulation.create_context("hold");
    let hold = Rc::new(RefCell::new(Hold { ctx, gap: Exp::new(1.0)?, events: 0 }));
    simulation.add_handler("hold", hold.clone());
    (0..pending).for_each(|entity| hold.borrow().again(entity));
    simulation.step_until_time(events as f64 / f64::from(pending));
    let events = hold.borrow().events;
    Ok(events)
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["w1", requests, seed] => {
            let (requests, seed) = (requests.parse()?, seed.parse()?);
            let (totals, cpu) = time::timed(ClockId::ProcessCPUTime, || w1(requests, seed));
            let (requests, wait, latency) = totals?;
            println!("{requests} {cpu:.6} {:.6} {:.6}", wait / requests as f64, latency / requests as f64);
        }
        ["hold", pending, events, seed] => {
            let (pending, events, seed) = (pending.parse()?, events.parse()?, seed.parse()?);
            let (events, cpu) = time::timed(ClockId::ProcessCPUTime, || hold(pending, events, seed));
            println!("{} {cpu:.6}", events?);
        }
        _ => return Err("usage: w1 REQUESTS SEED | hold PENDING EVENTS SEED".into()),
    }
    Ok(())
}
