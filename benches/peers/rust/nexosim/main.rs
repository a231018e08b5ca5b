//! The two models on nexosim, one thread. HSM service: one model a region, which schedules all four steps of a request on itself,
//! so that nothing crosses a port but its totals at the end: the arrangement that costs nexosim least. Hold: one model whose
//! numbered entities schedule themselves again and again.
//!
//! `nexosim-peer w1 REQUESTS SEED` prints requests, processor seconds, mean wait and mean latency in ms;
//! `nexosim-peer hold PENDING EVENTS SEED` prints events and processor seconds.

#[path = "../../../common/time.rs"]
#[expect(dead_code, reason = "medians are taken over rounds, by what calls this")]
mod time;

use nexosim::Message;
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSinkReader, EventSource, Output, SinkState, event_queue};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1, LogNormal};
use rand_pcg::Pcg64;
use rustix::time::ClockId;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

const WAN_MEDIAN_NS: [f64; 3] = [5e6, 20e6, 60e6];
const SERVERS: u32 = 4;
const GAP_NS: f64 = 1e6 / 3.2;
/// The median that gives a mean of 1 ms at sigma 0.5.
const SERVICE_MEDIAN_NS: f64 = 1e6 * 0.882_496_902_584_595_4;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A delay of at least a nanosecond: nexosim schedules in the future only.
fn delay(distribution: &impl Distribution<f64>, random: &mut Pcg64, scale: f64) -> Duration {
    Duration::from_nanos((distribution.sample(random) * scale) as u64).max(Duration::from_nanos(1))
}

/// What a region measured: requests, and the sums of their waits and latencies.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, Message)]
struct Totals {
    requests: u64,
    wait: Duration,
    latency: Duration,
}

#[derive(Serialize, Deserialize)]
struct Region {
    totals: Output<Totals>,
    so_far: Totals,
    left: u64,
    under_way: u64,
    free: u32,
    waiting: VecDeque<(MonotonicTime, MonotonicTime)>,
    random: Pcg64,
    wan: LogNormal<f64>,
    service: LogNormal<f64>,
}

#[Model]
impl Region {
    #[nexosim(init)]
    async fn start(&mut self, cx: &Context<Self>) {
        let gap = delay(&Exp1, &mut self.random, GAP_NS);
        cx.schedule_event(gap, schedulable!(Self::send), ()).expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, _: (), cx: &Context<Self>) {
        self.left -= 1;
        self.under_way += 1;
        if self.left > 0 {
            let gap = delay(&Exp1, &mut self.random, GAP_NS);
            cx.schedule_event(gap, schedulable!(Self::send), ()).expect("in the future");
        }
        let wan = delay(&self.wan, &mut self.random, 1.0);
        cx.schedule_event(wan, schedulable!(Self::queue), cx.time()).expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn queue(&mut self, sent: MonotonicTime, cx: &Context<Self>) {
        if self.free == 0 {
            self.waiting.push_back((sent, cx.time()));
        } else {
            self.free -= 1;
            let service = delay(&self.service, &mut self.random, 1.0);
            cx.schedule_event(service, schedulable!(Self::served), sent).expect("in the future");
        }
    }

    #[nexosim(schedulable)]
    async fn served(&mut self, sent: MonotonicTime, cx: &Context<Self>) {
        if let Some((next, since)) = self.waiting.pop_front() {
            self.so_far.wait += cx.time().duration_since(since);
            let service = delay(&self.service, &mut self.random, 1.0);
            cx.schedule_event(service, schedulable!(Self::served), next).expect("in the future");
        } else {
            self.free += 1;
        }
        let wan = delay(&self.wan, &mut self.random, 1.0);
        cx.schedule_event(wan, schedulable!(Self::answered), sent).expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn answered(&mut self, sent: MonotonicTime, cx: &Context<Self>) {
        self.so_far.requests += 1;
        self.so_far.latency += cx.time().duration_since(sent);
        self.under_way -= 1;
        if self.left == 0 && self.under_way == 0 {
            self.totals.send(self.so_far).await;
        }
    }
}

fn w1(requests: u64, seed: u64) -> Outcome<Totals> {
    let mut bench = SimInit::with_num_threads(1);
    let (sink, mut totals) = event_queue(SinkState::Enabled);
    for (r, median) in WAN_MEDIAN_NS.into_iter().enumerate() {
        let mut region = Region {
            totals: Output::default(),
            so_far: Totals::default(),
            left: requests / 3,
            under_way: 0,
            free: SERVERS,
            waiting: VecDeque::new(),
            random: Pcg64::seed_from_u64(seed * 3 + r as u64),
            wan: LogNormal::new(median.ln(), 0.25)?,
            service: LogNormal::new(SERVICE_MEDIAN_NS.ln(), 0.5)?,
        };
        region.totals.connect_sink(sink.clone());
        bench = bench.add_model(region, Mailbox::new(), &format!("region {r}"));
    }
    bench.init(MonotonicTime::EPOCH)?.run()?;
    let mut all = Totals::default();
    while let Some(region) = totals.try_read() {
        all.requests += region.requests;
        all.wait += region.wait;
        all.latency += region.latency;
    }
    Ok(all)
}

#[derive(Serialize, Deserialize)]
struct Hold {
    events: Output<u64>,
    so_far: u64,
    pending: u32,
    random: Pcg64,
}

#[Model]
impl Hold {
    #[nexosim(init)]
    async fn start(&mut self, cx: &Context<Self>) {
        for entity in 0..self.pending {
            self.again(entity, cx);
        }
    }

    #[nexosim(schedulable)]
    async fn due(&mut self, entity: u32, cx: &Context<Self>) {
        self.so_far += 1;
        self.again(entity, cx);
    }

    #[nexosim(schedulable)]
    async fn end(&mut self) {
        self.events.send(self.so_far).await;
    }

    fn again(&mut self, entity: u32, cx: &Context<Self>) {
        let gap = delay(&Exp1, &mut self.random, 1e6);
        cx.schedule_event(gap, schedulable!(Self::due), entity).expect("in the future");
    }
}

fn hold(pending: u32, events: u64, seed: u64) -> Outcome<u64> {
    let until = Duration::from_nanos((events as f64 / f64::from(pending) * 1e6) as u64);
    let (sink, mut counted) = event_queue(SinkState::Enabled);
    let mut model = Hold { events: Output::default(), so_far: 0, pending, random: Pcg64::seed_from_u64(seed) };
    model.events.connect_sink(sink);
    let mailbox = Mailbox::new();
    let mut bench = SimInit::with_num_threads(1);
    let end = EventSource::new().connect(Hold::end, &mailbox).register(&mut bench);
    let mut simulation = bench.add_model(model, mailbox, "hold").init(MonotonicTime::EPOCH)?;
    simulation.step_until(until)?;
    simulation.process_event(&end, ())?;
    counted.try_read().ok_or_else(|| "nothing was counted".into())
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["w1", requests, seed] => {
            let (requests, seed) = (requests.parse()?, seed.parse()?);
            let (totals, cpu) = time::timed(ClockId::ProcessCPUTime, || w1(requests, seed));
            let Totals { requests, wait, latency } = totals?;
            let mean = |sum: Duration| sum.as_secs_f64() * 1e3 / requests as f64;
            println!("{requests} {cpu:.6} {:.6} {:.6}", mean(wait), mean(latency));
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
