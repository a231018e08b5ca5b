//! The simulated pool of HSMs: one first-come-first-served queue before all engines of all devices. Because the queue is
//! FIFO, a job's start is known when it arrives: it is the earliest instant at which an engine is free. So a job that ends
//! before anything can change is answered at once; only jobs that reach over the next possible change (a crash, a repair, a
//! slow device) are kept and planned again when it comes. A job's service time is fixed when it starts.

use super::port::{Done, Finished, Job, Ticket};
use super::timetable::Timetable;
use crate::kms::{ClassId, Failure, Outcome};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a pool is made of.
#[derive(Clone, Debug)]
pub struct PoolModel {
    /// Devices.
    pub devices: u32,
    /// Parallel engines of each.
    pub engines: u32,
    /// Jobs that may wait, for each working device.
    pub queue: u32,
    /// Jobs in queue and service, for each working device.
    pub sessions: u32,
    /// Times that an engine needs.
    pub times: Timetable,
}

/// An engine: when it is free, and its number; ordered so that the earliest free, lowest numbered comes first.
type Engine = (Time, u32);

/// A job that reaches over the next possible change.
#[derive(Clone, Copy, Debug)]
struct Open {
    job: Job,
    arrived: Time,
    start: Time,
    end: Time,
    engine: u32,
}

#[derive(Clone, Copy, Debug)]
struct Device {
    up: bool,
    /// It takes new jobs.
    open: bool,
    factor: f64,
}

/// A pool of simulated HSMs.
#[derive(Clone, Debug)]
pub struct SimHsm {
    model: Arc<PoolModel>,
    devices: Vec<Device>,
    /// Engines of working devices as a binary heap, the earliest free at the root.
    free: Vec<Engine>,
    /// Starts of jobs that were still waiting when last looked at, in order.
    starts: VecDeque<Time>,
    /// By number.
    open: BTreeMap<u64, Open>,
    numbers: u64,
    /// Integral of the number waiting, in job-nanoseconds, up to `seen`.
    waiting_area: u128,
    seen: Time,
}

impl SimHsm {
    /// A pool in which all devices work and nothing waits.
    #[must_use]
    pub fn new(model: Arc<PoolModel>, now: Time) -> Self {
        let engines = model.devices * model.engines;
        Self {
            devices: vec![Device { up: true, open: true, factor: 1.0 }; model.devices as usize],
            free: (0..engines).map(|engine| (now, engine)).collect(),
            starts: VecDeque::new(),
            open: BTreeMap::new(),
            numbers: 0,
            waiting_area: 0,
            seen: now,
            model,
        }
    }

    /// Takes a job, unless it would wait longer than `patience`. `certain_until`: nothing that touches this pool changes before.
    #[inline]
    pub fn submit(&mut self, now: Time, job: Job, (patience, certain_until): (Span, Time)) -> Ticket {
        let Some(&(free, engine)) = self.free.first() else { return Ticket::Refused(Failure::NoDevice) };
        self.watch(now);
        if free > now {
            if let Some(failure) = self.full() {
                return Ticket::Refused(failure);
            }
            if free.since(now) > patience {
                return Ticket::Refused(Failure::Shed);
            }
        } else if let Some(failure) = self.out_of_sessions(now) {
            return Ticket::Refused(failure);
        }
        let Some(service) = self.service(job, engine) else { return Ticket::Refused(Failure::KeyMissing) };
        let start = free.max(now);
        let end = start + service;
        self.free[0].0 = end;
        sift_down(&mut self.free);
        if start > now {
            self.starts.push_back(start);
        }
        if end <= certain_until {
            return Ticket::Certain(Done { at: end, wait: start.since(now), service });
        }
        self.numbers += 1;
        self.open.insert(self.numbers, Open { job, arrived: now, start, end, engine });
        Ticket::Expected { at: end, number: self.numbers }
    }

    /// An expected end has come: the job, unless it was planned again or lost meanwhile.
    pub fn finish(&mut self, number: u64) -> Option<Finished> {
        let open = self.open.remove(&number)?;
        let (wait, service) = (open.start.since(open.arrived), open.end.since(open.start));
        Some(Finished { job: open.job, outcome: Outcome::Done, wait, service })
    }

    /// A device stops or works again. Jobs it worked on are lost and returned; waiting ones are planned again, and their new
    /// numbers and ends returned. When no device is left, waiting jobs are lost too.
    pub fn set_up(&mut self, now: Time, device: u32, up: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        self.devices[device as usize].up = up;
        self.plan_again(now)
    }

    /// A device takes no new jobs, and goes on with those it works on; or takes new ones again. What waited is planned again.
    pub fn set_open(&mut self, now: Time, device: u32, open: bool) -> (Vec<Finished>, Vec<(u64, Time)>) {
        self.devices[device as usize].open = open;
        self.plan_again(now)
    }

    /// A device's service takes `factor` times as long from now on, for jobs that start from now on.
    pub fn set_factor(&mut self, now: Time, device: u32, factor: f64) -> (Vec<Finished>, Vec<(u64, Time)>) {
        self.devices[device as usize].factor = factor;
        self.plan_again(now)
    }

    /// Whether any device takes jobs.
    #[must_use]
    pub fn works(&self) -> bool {
        !self.free.is_empty()
    }

    /// Engines of devices that take jobs.
    #[must_use]
    pub fn engines(&self) -> u32 {
        self.free.len() as u32
    }

    /// Whether it is known how long wrapping or unwrapping keys of a class takes.
    #[must_use]
    pub fn exchanges(&self, class: ClassId, unwraps: bool) -> bool {
        self.model.times.exchanges(class, unwraps)
    }

    /// Jobs waiting now.
    pub fn waiting(&mut self, now: Time) -> usize {
        self.watch(now);
        self.starts.len()
    }

    /// Integral of the number waiting from the pool's beginning until `now`, in job-nanoseconds.
    pub fn waiting_area(&mut self, now: Time) -> u128 {
        self.watch(now);
        self.waiting_area
    }

    /// Forgets jobs that have started by `now`, integrating the queue length over each stretch in which it was constant.
    #[inline]
    fn watch(&mut self, now: Time) {
        while let Some(&start) = self.starts.front() {
            if start > now {
                break;
            }
            self.waiting_area += self.starts.len() as u128 * u128::from(start.since(self.seen).0);
            self.seen = self.seen.max(start);
            self.starts.pop_front();
        }
        if now > self.seen {
            self.waiting_area += self.starts.len() as u128 * u128::from(now.since(self.seen).0);
            self.seen = now;
        }
    }

    /// All engines are busy: is there room to wait?
    fn full(&self) -> Option<Failure> {
        let working = self.free.len() / self.model.engines as usize;
        let waiting = self.starts.len();
        if waiting >= self.model.queue as usize * working {
            Some(Failure::QueueFull)
        } else if self.free.len() + waiting >= self.model.sessions as usize * working {
            Some(Failure::SessionsFull)
        } else {
            None
        }
    }

    /// An engine is free: is there a session? Only a device with fewer sessions than engines can lack one.
    #[inline]
    fn out_of_sessions(&self, now: Time) -> Option<Failure> {
        if self.model.sessions >= self.model.engines {
            return None;
        }
        let working = self.free.len() / self.model.engines as usize;
        let busy = self.free.iter().filter(|(free, _)| *free > now).count();
        (busy >= self.model.sessions as usize * working).then_some(Failure::SessionsFull)
    }

    /// How long an engine takes; `None` where the device cannot do it.
    #[inline]
    fn service(&self, job: Job, engine: u32) -> Option<Span> {
        let span = self.model.times.draw(job)?;
        let factor = self.devices[(engine / self.model.engines) as usize].factor;
        Some(if factor == 1.0 { span } else { span.scale(factor) })
    }

    /// After a change of devices: jobs in service go on where their device works, waiting ones are given to engines anew.
    fn plan_again(&mut self, now: Time) -> (Vec<Finished>, Vec<(u64, Time)>) {
        self.watch(now);
        let engines = self.model.engines;
        let works = |devices: &[Device], engine: u32| devices[(engine / engines) as usize].up;
        let takes = |device: &Device| device.up && device.open;
        let any = self.devices.iter().any(takes);
        let mut free: Vec<Engine> = (0..self.model.devices * engines)
            .filter(|engine| takes(&self.devices[(*engine / engines) as usize]))
            .map(|engine| (now, engine))
            .collect();
        let (mut lost, mut moved, mut kept, mut waiting) = (Vec::new(), Vec::new(), BTreeMap::new(), Vec::new());
        for (number, open) in std::mem::take(&mut self.open) {
            if open.start > now && any {
                waiting.push(open);
            } else if open.start <= now && works(&self.devices, open.engine) {
                if let Some(engine) = free.iter_mut().find(|(_, engine)| *engine == open.engine) {
                    engine.0 = open.end;
                }
                kept.insert(number, open);
            } else {
                let wait = open.start.min(now).since(open.arrived);
                let outcome = Outcome::Failed(Failure::DeviceLost);
                lost.push(Finished { job: open.job, outcome, wait, service: now.since(open.start) });
            }
        }
        free.sort_unstable();
        self.free = free;
        self.open = kept;
        self.starts.clear();
        // Numbers rise with arrival, and moving keeps that order: `waiting` is first come, first served.
        for open in waiting {
            let (earliest, engine) = self.free[0];
            let start = earliest.max(now);
            let service = self.service(open.job, engine).expect("it was timed when it was taken");
            let end = start + service;
            self.free[0].0 = end;
            sift_down(&mut self.free);
            if start > now {
                self.starts.push_back(start);
            }
            self.numbers += 1;
            moved.push((self.numbers, end));
            self.open.insert(self.numbers, Open { start, end, engine, ..open });
        }
        (lost, moved)
    }
}

/// Restores the heap after its root was made later.
#[inline]
fn sift_down(heap: &mut [Engine]) {
    let moved = heap[0];
    let mut hole = 0;
    loop {
        let mut child = 2 * hole + 1;
        if child >= heap.len() {
            break;
        }
        if child + 1 < heap.len() && heap[child + 1] < heap[child] {
            child += 1;
        }
        if heap[child] >= moved {
            break;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    heap[hole] = moved;
}
