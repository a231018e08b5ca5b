//! How long a back-end takes for each job, by class of keys and call. Knows neither what stands in the way of a job nor how many
//! there are at a time.

use super::port::Job;
use super::profile::Profile;
use super::service_time::ServiceTime;
use crate::kms::ClassId;
use crate::rng::{Draws, Purpose};
use crate::time::Span;

/// Times of jobs.
#[derive(Clone, Debug)]
pub struct Timetable {
    /// Time to generate a key, by class; `None` where that cannot be done.
    generate: Vec<Option<ServiceTime>>,
    /// Time to wrap and to unwrap a key, by class; `None` where nothing says it.
    exchange: Vec<[Option<ServiceTime>; 2]>,
    /// Index `class × calls + call`; `None` where that cannot be done.
    times: Vec<Option<ServiceTime>>,
    /// Call names in the scenario.
    calls: usize,
}

impl Timetable {
    /// Of a profile, for classes of keys with these algorithms and for calls of these names.
    #[must_use]
    pub fn new(profile: &Profile, algorithms: &[&str], calls: &[String]) -> Self {
        let time = |algorithm: &str, call: &str| profile.service_time(algorithm, call).cloned();
        Self {
            generate: algorithms.iter().map(|algorithm| time(algorithm, "generate")).collect(),
            exchange: algorithms.iter().map(|algorithm| ["wrap", "unwrap"].map(|call| time(algorithm, call))).collect(),
            times: algorithms.iter().flat_map(|algorithm| calls.iter().map(|call| time(algorithm, call))).collect(),
            calls: calls.len(),
        }
    }

    /// Whether it is known how long wrapping or unwrapping keys of a class takes.
    #[must_use]
    pub fn exchanges(&self, class: ClassId, unwraps: bool) -> bool {
        self.exchange[class.index()][usize::from(unwraps)].is_some()
    }

    /// How long a job takes; `None` where it cannot be done.
    #[inline]
    pub(super) fn draw(&self, job: Job) -> Option<Span> {
        Some(match job {
            Job::Use(call) => {
                let index = call.key.class.index() * self.calls + call.call.index();
                let time = self.times[index].as_ref()?;
                time.sample(&mut Draws::from_state(call.luck).branch(Purpose::Service))
            }
            Job::Generate { key, luck } => {
                let time = self.generate[key.class.index()].as_ref()?;
                time.sample(&mut Draws::from_state(luck))
            }
            Job::Exchange { version, unwraps, luck, .. } => {
                let time = self.exchange[version.key.class.index()][usize::from(unwraps)].as_ref()?;
                time.sample(&mut Draws::from_state(luck))
            }
        })
    }
}
