//! What falls due when: the ends of cryptoperiods, and of the time for which old versions are kept. Ages at the start are
//! drawn by the names of keys, spread over the cryptoperiod, or stated, of all or of each; each end is drawn early by the jitter.
//!
//! Spread ages are those of keys that have been replaced for ever, each at its own times, and so as many fall due in any week of
//! the run as in any other (an equilibrium renewal process, Cox, *Renewal Theory*, 1962, §5.2). A period lasts
//! every·(1 − jitter·u) with even u. An instant is the likelier to lie in a period the longer that is: the density of the period
//! in which the run begins is p / mean at a p that is as likely as any between every·(1 − jitter) and `every`, and the beginning
//! lies evenly in it. So dues come at the rate 1 / (every·(1 − jitter / 2)) from the first moment on; ages drawn evenly over
//! `every` would have the first ones come more slowly than all later ones.

use crate::kms::{ClassId, KeyRef, KeyVersion};
use crate::rng::{Key, unit};
use crate::service::{Age, Catalog, Rotate};
use crate::time::{Span, Time};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What [`Calendar::lot`] draws, beside ages and one jitter for each version. The numbers below it, falling, draw the jitter of
/// periods that are over before a later stretch begins.
const LOT: u32 = u32::MAX;

/// The calendar of all keys.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// By class: keys in order of when they fall due within the run.
    due: Vec<VecDeque<(Time, u32)>>,
    /// When keys that have rotated in this run fall due next: other entries of theirs are void.
    next: BTreeMap<KeyRef, Time>,
    /// Versions whose keep ends.
    doomed: BTreeSet<(Time, KeyVersion)>,
    /// What ages and jitter are drawn from.
    ages: Key,
    /// When the run began, and until when what is retired was looked up for `doomed`.
    began: Time,
    known_until: Time,
    /// By class: retired versions that were kept when the run began.
    retired: Vec<u64>,
}

impl Calendar {
    /// What falls due from `began` until `until`.
    #[must_use]
    pub fn new(catalog: &Catalog, ages: Key, began: Time, until: Time) -> Self {
        let classes = catalog.classes.len();
        let mut new = Self::with_due(vec![VecDeque::new(); classes], ages, began);
        new.known_until = until;
        let (start, end) = (i128::from(began.0), i128::from(until.0));
        for class in (0..classes).map(|class| ClassId(class as u16)) {
            let Some(rotate) = catalog.classes[class.index()].rotate else { continue };
            let mut due = Vec::new();
            for key in catalog.keys_at(class, began) {
                let (first, born) = new.first(key, rotate, catalog);
                if first < until {
                    due.push((first, key.number));
                }
                for (version, over) in retired(rotate, catalog.classes[class.index()].retired, born) {
                    new.retired[class.index()] += u64::from(over > start);
                    if over > start && over < end {
                        new.doomed.insert((Time(over as u64), KeyVersion { key, version }));
                    }
                }
            }
            due.sort_unstable();
            new.due[class.index()] = due.into();
        }
        new
    }

    /// A calendar in which keys fall due at these times, by class, each in order of time.
    #[must_use]
    pub fn with_due(due: Vec<VecDeque<(Time, u32)>>, ages: Key, began: Time) -> Self {
        let (next, doomed, retired) = (BTreeMap::new(), BTreeSet::new(), vec![0; due.len()]);
        Self { due, next, doomed, ages, began, known_until: began, retired }
    }

    /// Retired versions of a class that were kept when the run began.
    #[must_use]
    pub fn retired(&self, class: ClassId) -> u64 {
        self.retired[class.index()]
    }

    /// Since the active version of a key that has not changed was generated; [`Span::MAX`] where nothing says it.
    #[must_use]
    pub fn age(&self, now: Time, key: KeyRef, catalog: &Catalog) -> Span {
        let since = |born: i128| u64::try_from(i128::from(now.0) - born).unwrap_or(0);
        self.born(key, catalog).map_or(Span::MAX, |born| Span(since(born)))
    }

    /// When the active version of a key that has not changed was generated, nanoseconds since time zero; `None` where nothing
    /// says it.
    fn born(&self, key: KeyRef, catalog: &Catalog) -> Option<i128> {
        let class = &catalog.classes[key.class.index()];
        match class.rotate {
            Some(rotate) => Some(self.first(key, rotate, catalog).1),
            None => class.ages.get(key.number as usize).map(|age| -i128::from(age.0)),
        }
    }

    /// When a key first falls due at or after the beginning of the run, and when what is active until then was born. One that is
    /// overdue was born more than a cryptoperiod before, one that is drawn early less.
    fn first(&self, key: KeyRef, rotate: Rotate, catalog: &Catalog) -> (Time, i128) {
        let name = catalog.shards.name(key);
        let (mut due, mut born) = match stated(key, rotate, catalog) {
            Some(age) => (self.stated_due(key, age, rotate, catalog), -i128::from(age.0)),
            None => {
                let period = Span(rotate.every.0 - self.early_where_begun(name, rotate).0);
                let due = Time(scale(period, self.ages.draws(name, 0).state()).0);
                (due, i128::from(due.0) - i128::from(period.0))
            }
        };
        // Where all periods are alike, there is no need to go through them.
        let over = if rotate.jitter > 0.0 { 0 } else { self.began.since(due).0.div_ceil(rotate.every.0) };
        if over > 0 {
            due += rotate.every * over;
            born = i128::from(due.0) - i128::from(rotate.every.0);
        }
        let mut draw = LOT;
        while due < self.began {
            draw -= 1;
            born = i128::from(due.0);
            due += Span(rotate.every.0 - self.early(name, draw, rotate).0);
        }
        (due, born)
    }

    /// When a key of this age at time zero falls due; at once where that should have been before.
    fn stated_due(&self, key: KeyRef, age: Span, rotate: Rotate, catalog: &Catalog) -> Time {
        let early = self.early(catalog.shards.name(key), 1, rotate);
        Time(rotate.every.0.saturating_sub(age.0).saturating_sub(early.0))
    }

    /// When a key first falls due at or after the beginning of the run, which may be a later stretch of the scenario's time.
    #[must_use]
    pub fn first_due(&self, key: KeyRef, rotate: Rotate, catalog: &Catalog) -> Time {
        self.first(key, rotate, catalog).0
    }

    /// By how much the end of the cryptoperiod of a version is drawn early.
    fn early(&self, name: u64, version: u32, rotate: Rotate) -> Span {
        let most = rotate.every.scale(rotate.jitter);
        if most == Span::ZERO { Span::ZERO } else { scale(most, self.ages.draws(name, version).state()) }
    }

    /// By how much the period in which the scenario's time begins is drawn early: of periods that are even between
    /// `1 - jitter` and 1, the one that an instant lies in has a density in proportion to its length.
    fn early_where_begun(&self, name: u64, rotate: Rotate) -> Span {
        let least = 1.0 - rotate.jitter;
        let period = (least * least + unit(&mut self.ages.draws(name, 1)) * (1.0 - least * least)).sqrt();
        rotate.every.scale((1.0 - period).max(0.0))
    }

    /// A key's new version is active: when it will have to be replaced, and when the one that was active before is destroyed,
    /// which need not have the number before.
    pub fn activated(&mut self, now: Time, (before, version): (u32, KeyVersion), rotate: Rotate, catalog: &Catalog) {
        let key = version.key;
        let early = self.early(catalog.shards.name(key), version.version, rotate);
        let next = (now + Span(rotate.every.0 - early.0), key.number);
        let queue = &mut self.due[key.class.index()];
        let place = queue.partition_point(|entry| *entry <= next);
        queue.insert(place, next);
        self.next.insert(key, next.0);
        self.doomed.insert((now + rotate.keep, KeyVersion { key, version: before }));
    }

    /// A key is retired: it falls due no more.
    pub fn retire(&mut self, key: KeyRef) {
        self.next.insert(key, Time::NEVER);
    }

    /// The next key that is due by `now`, with when it fell due.
    pub fn next_due(&mut self, now: Time) -> Option<(Time, KeyRef)> {
        loop {
            let (class, queue) = self.due.iter_mut().enumerate().find(|(_, queue)| is_past(queue.front(), now))?;
            let (at, number) = queue.pop_front()?;
            let key = KeyRef { class: ClassId(class as u16), number };
            if self.next.get(&key).is_none_or(|next| *next == at) {
                return Some((at, key));
            }
        }
    }

    /// The next version whose keep has ended by `now`.
    pub fn next_doomed(&mut self, now: Time) -> Option<KeyVersion> {
        let (at, version) = *self.doomed.first()?;
        (at <= now).then(|| {
            self.doomed.pop_first();
            version
        })
    }

    /// A number that names a key evenly between 0 and 1, the same in every fleet that has the key.
    #[must_use]
    pub fn lot(&self, key: KeyRef, catalog: &Catalog) -> f64 {
        unit(&mut self.ages.draws(catalog.shards.name(key), LOT))
    }

    /// When anything falls due next.
    #[must_use]
    pub fn next(&self) -> Time {
        self.doomed.first().map_or(Time::NEVER, |(at, _)| *at).min(self.due())
    }

    /// When the next key falls due.
    #[must_use]
    pub fn due(&self) -> Time {
        self.due.iter().filter_map(|queue| queue.front()).map(|(at, _)| *at).min().unwrap_or(Time::NEVER)
    }

    /// Births of the versions that a key has that has not changed since the run began, the oldest first, each with its
    /// number, in nanoseconds since time zero; `None` where nothing says how old it is.
    #[must_use]
    pub fn history(&self, key: KeyRef, catalog: &Catalog) -> Vec<(u32, Option<i128>)> {
        let class = &catalog.classes[key.class.index()];
        let active = self.born(key, catalog);
        let (Some(rotate), Some(active)) = (class.rotate, active) else { return vec![(class.retired + 1, active)] };
        let every = i128::from(rotate.every.0);
        let is_kept = |(version, over): &(u32, i128)| {
            *over > i128::from(self.began.0)
                && (*over >= i128::from(self.known_until.0)
                    || self.doomed.contains(&(Time(*over as u64), KeyVersion { key, version: *version })))
        };
        let old = retired(rotate, class.retired, active).filter(is_kept);
        let mut versions: Vec<u32> = old.map(|(version, _)| version).collect();
        versions.sort_unstable();
        versions.push(class.retired + 1);
        let born = |version: u32| active - i128::from(class.retired + 1 - version) * every;
        versions.into_iter().map(|version| (version, Some(born(version)))).collect()
    }
}

/// The retired versions that the history of a key whose active version was born at `born` implies, with when each keep ends.
fn retired(rotate: Rotate, most: u32, born: i128) -> impl Iterator<Item = (u32, i128)> {
    let end = move |back: u32| born - i128::from(back - 1) * i128::from(rotate.every.0) + i128::from(rotate.keep.0);
    (1..=most).map(move |back| (most + 1 - back, end(back)))
}

/// The age of a key at time zero, where it is stated and not drawn.
fn stated(key: KeyRef, rotate: Rotate, catalog: &Catalog) -> Option<Span> {
    let listed = catalog.classes[key.class.index()].ages.get(key.number as usize).copied();
    listed.or(if let Age::At(age) = rotate.age { Some(age) } else { None })
}

fn is_past(entry: Option<&(Time, u32)>, now: Time) -> bool {
    entry.is_some_and(|(at, _)| *at <= now)
}

/// A share of a span, the share in units of 2^-64.
fn scale(span: Span, share: u64) -> Span {
    Span(((u128::from(share) * u128::from(span.0)) >> 64) as u64)
}
