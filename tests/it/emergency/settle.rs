//! How a course goes on where nothing goes wrong any more, and from where random sequences set out.

use super::properties::{Course, SEALED, State, catalog};
use crate::fleet::s;
use keyfleet::kms::*;
use keyfleet::service::{EmergencyInput, Input, Timer};
use keyfleet::time::Span;

impl Course {
    /// Everything arrives in time and in order, until this holds. Whether it came to hold.
    pub fn in_order(&mut self, most: usize, holds: impl Fn(&Self) -> bool) -> bool {
        for _ in 0..most {
            if holds(self) {
                return true;
            }
            if !self.reports.is_empty() {
                self.report(0, 0);
            } else if let Some(input) = self.coming.pop_front() {
                self.tell(input);
            } else {
                let next = (0..self.timers.len()).min_by_key(|i| (self.timers[*i].0, *i)).expect("checks go on");
                let (due, input) = self.timers.swap_remove(next);
                self.now = self.now.max(due);
                self.tell(input);
            }
        }
        false
    }

    /// All is well again: every procedure is closed, every request ends, and every key that was opened has its successor.
    pub fn settle(&mut self) {
        self.control = true;
        self.tell(Input::Control { up: true });
        self.turn(State::Well);
        let over = self.now + Span::from_secs(30);
        let calm = |course: &Self| {
            let rotated = course.service.rotations_under_way() == 0 && course.touched.is_empty();
            let ended = course.service.emergencies() == 0 && course.service.in_flight() == 0;
            course.now > over && rotated && ended
        };
        let settled = self.in_order(40_000, calm);
        let (open, flying) = (self.service.emergencies(), self.service.in_flight());
        assert!(settled, "{open} procedures, {flying} requests, {:?} opened", self.touched);
        // And the region's sites may serve its keys again, whoever knows it.
        let refused = self.seen.get("a fenced site refused").copied();
        for site in [SiteId(0), SiteId(1)] {
            let (origin, call) = (OriginId(0), CallName(0));
            let flight = Flight { slot: u32::MAX, generation: 0 };
            let key = KeyRef { class: SEALED, number: 0 };
            let call = Call { flight, serial: 0, origin, call, key, version: 0, luck: 0 };
            self.tell(Input::Call { site, call });
        }
        assert_eq!(self.seen.get("a fenced site refused").copied(), refused);
    }

    /// Every deadline and every pause ends, nothing else arrives: then every request ends.
    pub fn expire(&mut self) {
        for _ in 0..10_000 {
            let of_request = |input: &Input| matches!(input, Input::Expired { .. } | Input::Timer(Timer::Retry { .. }));
            let Some(next) = self.timers.iter().position(|(_, input)| of_request(input)) else { break };
            let (due, input) = self.timers.swap_remove(next);
            self.now = self.now.max(due);
            self.tell(input);
        }
        assert_eq!(self.offered, self.ended, "each request ends once");
    }
}

/// The course of a region that is cut off, with nothing lost, until a grant is asked for, began, or is used.
pub fn preludes() -> [Course; 4] {
    let catalog = catalog();
    let fresh = Course::new(&catalog);
    let mut asked = fresh.clone();
    asked.turn(State::Cut);
    assert!(asked.in_order(10_000, |course| course.seen.contains_key("a grant was asked for")));
    let mut granted = asked.clone();
    for input in &mut granted.coming {
        if let Input::Emergency(EmergencyInput::Answered { yes, .. }) = input {
            *yes = true;
        }
    }
    assert!(granted.in_order(10_000, |course| course.seen.contains_key("a grant began")));
    let mut used = granted.clone();
    assert!(used.in_order(10_000, |course| course.now > granted.now + Span::from_secs(2)));
    used.request(2, 0);
    assert!(used.in_order(10_000, |course| course.seen.contains_key("a key was used under a grant")));
    assert!(used.now < s(60.0));
    [fresh, asked, granted, used].map(|mut course| {
        course.seen.clear();
        course
    })
}
