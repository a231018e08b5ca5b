//! Random sequences over `properties.rs`: what could happen did happen in some of them, and nothing that must not in any.

use super::properties::{Course, HOME, State};
use super::settle::preludes;
use keyfleet::kms::*;
use keyfleet::service::{EmergencyInput, Input, REQUESTER, Timer};
use keyfleet::time::Span;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::collections::BTreeMap;

/// One step: what is done, to which of the candidates, how much later.
type Move = (u8, u16, u16);

impl Course {
    fn random(&mut self, (kind, pick, pause): Move) {
        self.now += Span::from_millis(u64::from(pause) % 300);
        let (pick, luck) = (usize::from(pick), u64::from(pause));
        // The oldest, or any.
        let among = |n: usize| (n > 0).then(|| if pick % 3 == 0 { pick / 3 % n } else { 0 });
        match kind % 32 {
            0..=4 => self.request([2, 1, 2, 0][pick % 4], (pick / 4) as u32),
            5..=13 => {
                if let Some(input) = among(self.coming.len()).and_then(|i| self.coming.remove(i)) {
                    self.tell(input);
                }
            }
            14 => among(self.coming.len()).into_iter().for_each(|i| {
                self.count("a message came twice");
                self.tell(self.coming[i]);
            }),
            15 => {
                if among(self.coming.len()).and_then(|i| self.coming.remove(i)).is_some() {
                    self.count("a message was lost");
                }
            }
            16..=21 => self.timer(pick, pause),
            22..=26 => self.reports(pick, luck),
            27 => self.turn([State::Well, State::Cut, State::Dark, State::Cut][pick % 4]),
            28 => self.misuse(pick, luck),
            29 if pause % 4 == 0 => {
                self.control = pick % 2 == 0;
                self.count(if self.control { "the control plane started" } else { "the control plane stopped" });
                self.tell(Input::Control { up: self.control });
            }
            30 => self.now += Span::from_secs(luck % 8),
            _ => among(self.timers.len()).into_iter().for_each(|i| {
                self.count("a timer came twice");
                self.tell(self.timers[i].1);
            }),
        }
    }

    /// The next timer, or any; early, or late.
    fn timer(&mut self, pick: usize, pause: u16) {
        let due = (0..self.timers.len()).min_by_key(|i| (self.timers[*i].0, *i));
        let any = (!self.timers.is_empty()).then(|| pick / 4 % self.timers.len().max(1));
        let Some(next) = (if pick.is_multiple_of(4) { any } else { due }) else { return };
        let (due, input) = self.timers.swap_remove(next);
        // Health checks go on only by their own reminder.
        let early = pause.is_multiple_of(8) && !matches!(input, Input::Timer(Timer::Check));
        self.now = if early { self.now } else { self.now.max(due) };
        self.tell(input);
    }

    /// A round of health checks, or one other report.
    fn reports(&mut self, pick: usize, luck: u64) {
        if pick.is_multiple_of(2) {
            let probe = |input: &Input| matches!(input, Input::Probed { .. });
            while let Some(next) = self.reports.iter().position(probe) {
                self.report(next, luck);
            }
        } else if !self.reports.is_empty() {
            let next = self.reports.iter().position(|input| !matches!(input, Input::Probed { .. })).unwrap_or(0);
            self.report(next, luck);
        }
    }

    /// What nobody may do.
    fn misuse(&mut self, pick: usize, luck: u64) {
        let grant = GrantId((luck % 5) as u16);
        let answer = |approver: u8| Input::Emergency(EmergencyInput::Answered { grant, approver, yes: true });
        match pick % 4 {
            0 => self.tell(Input::Emergency(EmergencyInput::Misuse(HOME))),
            1 => self.tell(answer(REQUESTER)),
            2 => self.tell(answer((pick / 4 % 5) as u8)),
            // A call with a grant of somebody's own choice, at any site, for any key, of a request that is no more.
            _ => {
                let flight = Flight { slot: u32::MAX, generation: 0 };
                let key = KeyRef { class: ClassId((pick / 4 % 2) as u16), number: (pick / 8 % 3) as u32 };
                let (origin, call) = (OriginId(0), CallName(0));
                let call = Call { flight, serial: 0, origin, call, key, version: 0, luck };
                let site = SiteId((pick / 32 % 5) as u16);
                self.tell(Input::Emergency(EmergencyInput::Plea { site, call, grant }));
            }
        }
    }
}

/// What could happen, and must have happened in some sequence.
const SOMETIMES: [&str; 42] = [
    "a message came twice",
    "a message was lost",
    "a timer came twice",
    "a write was lost",
    "the answer to a write was lost",
    "the control plane stopped",
    "the control plane started",
    "a grant was asked for",
    "an approver said yes",
    "an approver said no",
    "a region was fenced",
    "a grant began",
    "a key was opened",
    "a key could not be opened",
    "a key was used under a grant",
    "a grant ended when the region was back",
    "a request ended when the region was back",
    "a grant reached its time limit",
    "a grant was used up",
    "a grant was declined",
    "a fence was lifted",
    "a lease was lost",
    "a lease was renewed",
    "a site learned of a fence",
    "a site learned that a fence is gone",
    "a site that might be fenced served",
    "a fenced site refused",
    "an opened key fell due",
    "an opened key was rotated",
    // Why people and calls were refused.
    "not-dark",
    "own-request",
    "twice",
    "nobody",
    "no-grant",
    "ended",
    "expired",
    "quota",
    "not-in-escrow",
    // Why requests failed.
    "timeout",
    "residency",
    "no-host",
    "fenced",
];

#[test]
fn no_key_is_used_at_home_and_elsewhere_and_every_use_has_a_grant_and_a_record() {
    let preludes = preludes();
    let moves = prop::collection::vec(any::<Move>(), 20..140);
    let config = Config { cases: 100_000, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha));
    let seen = std::cell::RefCell::new(BTreeMap::<&'static str, u64>::new());
    let result = runner.run(&moves, |moves| {
        let long = moves.len();
        let mut course = preludes[long % 4].clone();
        moves.into_iter().for_each(|step| course.random(step));
        // Letting everything end takes longer than the sequence itself: some are enough.
        if long % 40 < 4 {
            course.settle()
        } else {
            course.expire()
        }
        let mut seen = seen.borrow_mut();
        course.seen.into_iter().for_each(|(what, times)| *seen.entry(what).or_default() += times);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    for what in SOMETIMES {
        assert!(seen.get(what).is_some_and(|times| *times > 0), "never seen: {what}; {seen:?}");
    }
}
