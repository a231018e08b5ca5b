//! Which versions of each key there are, in which state of the life cycle, and how often they were used. A key that has not
//! changed since the run began has the versions that its history implies; the others are kept one by one.

use super::Calendar;
use crate::kms::{Change, ClassId, Fact, KeyRef, KeyState, KeyVersion};
use crate::service::catalog::Catalog;
use crate::service::io::Out;
use crate::time::{Span, Time};
use std::collections::BTreeMap;

/// One version of a key that still exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub number: u32,
    /// When it was generated, nanoseconds since time zero; `None` where nothing says it.
    pub born: Option<i128>,
    /// Its state.
    pub state: KeyState,
}

/// The versions of all keys.
#[derive(Clone, Debug)]
pub struct Versions {
    /// Keys that changed since the run began: their versions that exist, the oldest first.
    changed: BTreeMap<KeyRef, Vec<Version>>,
    /// By lot: its keys came after the run began.
    late: Vec<bool>,
    /// By class: the number of each key's active version, 0 for none; empty until one changes.
    active: Vec<Vec<u32>>,
    /// By class and key: operations under the active version; kept where they are limited only.
    uses: Vec<Vec<u64>>,
    /// By class and state.
    census: Vec<[u64; KeyState::ALL.len()]>,
    /// By class: operations under the most used version that was replaced.
    most_used: Vec<u64>,
    /// By class: how often one version may be used, and how many were used more often.
    limits: Vec<u64>,
    overused: Vec<u64>,
    /// By class: operations under compromised versions.
    exposed: Vec<u64>,
}

impl Versions {
    /// The versions that the ages of all keys imply.
    #[must_use]
    pub fn new(catalog: &Catalog, calendar: &Calendar, now: Time) -> Self {
        let classes = catalog.classes.len();
        let mut census = vec![[0; KeyState::ALL.len()]; classes];
        let mut uses = vec![Vec::new(); classes];
        let late: Vec<bool> = catalog.shards.lots().map(|(lot, _)| !catalog.is_there(lot, now)).collect();
        let mut active = vec![Vec::new(); classes];
        let mut limits = vec![u64::MAX; classes];
        for class in (0..classes).map(|class| ClassId(class as u16)) {
            let keys = catalog.shards.keys(class);
            let there = catalog.keys_at(class, now).count() as u64;
            if there < keys.into() {
                active[class.index()] = vec![0; keys as usize];
                let first = catalog.classes[class.index()].retired + 1;
                catalog.keys_at(class, now).for_each(|key| active[class.index()][key.number as usize] = first);
            }
            let counts = &mut census[class.index()];
            counts[KeyState::Active as usize] = there;
            counts[KeyState::Deactivated as usize] = calendar.retired(class);
            if let Some(limit) = catalog.classes[class.index()].rotate.and_then(|rotate| rotate.uses) {
                uses[class.index()] = vec![0; keys as usize];
                limits[class.index()] = limit;
            }
        }
        Self {
            changed: BTreeMap::new(),
            late,
            active,
            uses,
            census,
            most_used: vec![0; classes],
            limits,
            overused: vec![0; classes],
            exposed: vec![0; classes],
        }
    }

    /// The number of a key's active version: the one that protects, or that stands in for it until a compromised key has its
    /// successor.
    #[inline]
    #[must_use]
    pub fn active(&self, key: KeyRef, catalog: &Catalog) -> u32 {
        let numbers = &self.active[key.class.index()];
        numbers.get(key.number as usize).copied().unwrap_or(catalog.classes[key.class.index()].retired + 1)
    }

    /// The state of a version.
    #[must_use]
    pub fn state(&self, version: KeyVersion, catalog: &Catalog) -> KeyState {
        match self.changed.get(&version.key) {
            Some(versions) => versions
                .iter()
                .find(|known| known.number == version.version)
                .map_or(KeyState::Destroyed, |known| known.state),
            None if self.late[catalog.shards.lot(version.key).index()] => KeyState::Destroyed,
            None if version.version == catalog.classes[version.key.class.index()].retired + 1 => KeyState::Active,
            None => KeyState::Deactivated,
        }
    }

    /// A key's versions that exist, the oldest first.
    #[must_use]
    pub fn of(&self, key: KeyRef, (calendar, catalog): (&Calendar, &Catalog)) -> Vec<Version> {
        match self.changed.get(&key) {
            Some(versions) => versions.clone(),
            None if self.late[catalog.shards.lot(key).index()] => Vec::new(),
            None => {
                let history = calendar.history(key, catalog);
                let last = history.len() - 1;
                let state = |i| if i == last { KeyState::Active } else { KeyState::Deactivated };
                let version = |(i, (number, born))| Version { number, born, state: state(i) };
                history.into_iter().enumerate().map(version).collect()
            }
        }
    }

    /// How many versions a key has that has changed since the run began.
    #[must_use]
    pub fn number_of(&self, key: KeyRef) -> Option<usize> {
        self.changed.get(&key).map(Vec::len)
    }

    /// By state: how many versions of a class have it.
    #[must_use]
    pub fn census(&self, class: ClassId) -> [u64; KeyState::ALL.len()] {
        self.census[class.index()]
    }

    /// An operation is handed to an HSM under the active version. Returns how often it was used, where that is limited.
    #[inline]
    pub fn used(&mut self, key: KeyRef) -> Option<u64> {
        let class = key.class.index();
        if self.census[class][KeyState::Compromised as usize] > 0 {
            // The successor may be there already, and not in use yet.
            let leaked = |all: &Vec<Version>| all.iter().rfind(|v| v.state != KeyState::PreActive).copied();
            let in_use = self.changed.get(&key).and_then(leaked);
            self.exposed[class] += u64::from(in_use.is_some_and(|v| v.state == KeyState::Compromised));
        }
        let uses = self.uses[class].get_mut(key.number as usize)?;
        *uses += 1;
        // Once for each version: when it goes beyond.
        self.overused[class] += u64::from(*uses == self.limits[class].saturating_add(1));
        Some(*uses)
    }

    /// A version is generated.
    pub fn add(&mut self, now: Time, version: KeyVersion, view: (&Calendar, &Catalog)) {
        let born = Some(i128::from(now.0));
        self.kept(version.key, view).push(Version { number: version.version, born, state: KeyState::PreActive });
        self.census[version.key.class.index()][KeyState::PreActive as usize] += 1;
    }

    /// A version that no site has any more is forgotten; it was destroyed where it was.
    pub fn lose(&mut self, version: KeyVersion) {
        let Some(versions) = self.changed.get_mut(&version.key) else { return };
        if let Some(place) = versions.iter().position(|known| known.number == version.version) {
            let lost = versions.remove(place);
            self.census[version.key.class.index()][lost.state as usize] -= 1;
        }
    }

    /// As [`Self::lose`], of any version of any key.
    pub fn drop_version(&mut self, version: KeyVersion, view: (&Calendar, &Catalog)) {
        self.kept(version.key, view);
        self.lose(version);
    }

    /// Since a version was generated that exists; [`Span::MAX`] where nothing says it.
    #[must_use]
    pub fn age(&self, now: Time, version: KeyVersion, view: (&Calendar, &Catalog)) -> Option<Span> {
        let versions = self.of(version.key, view);
        versions.iter().find(|known| known.number == version.version).map(|known| age(now, *known))
    }

    /// Whether a key has no version that was ever in use.
    #[must_use]
    pub fn is_lost(&self, key: KeyRef, view: (&Calendar, &Catalog)) -> bool {
        self.of(key, view).iter().all(|version| version.state == KeyState::PreActive)
    }

    /// Versions of a class that exist.
    #[must_use]
    pub fn existing(&self, class: ClassId) -> u64 {
        let states = KeyState::ALL.into_iter().zip(self.census(class));
        states.filter(|(state, _)| state.exists()).map(|(_, versions)| versions).sum()
    }

    /// A key has no host any more: none of its versions exists.
    pub fn lose_key(&mut self, key: KeyRef, view: (&Calendar, &Catalog)) {
        for version in std::mem::take(self.kept(key, view)) {
            self.census[key.class.index()][version.state as usize] -= 1;
        }
    }

    /// All versions of a key are destroyed. Which there were.
    pub fn retire(&mut self, key: KeyRef, view: (&Calendar, &Catalog)) -> Vec<KeyVersion> {
        let numbers: Vec<u32> = self.kept(key, view).iter().map(|version| version.number).collect();
        let versions: Vec<KeyVersion> = numbers.into_iter().map(|version| KeyVersion { key, version }).collect();
        for version in &versions {
            self.change(*version, Change::Deactivate, view);
            self.destroy(*version);
        }
        versions
    }

    /// The newest version takes over, and the one that was active before is deactivated unless it is compromised. Returns the
    /// number of that one.
    pub fn activate(&mut self, version: KeyVersion, view: (&Calendar, &Catalog)) -> u32 {
        let key = version.key;
        let before = self.active(key, view.1);
        self.change(KeyVersion { key, version: before }, Change::Deactivate, view);
        self.change(version, Change::Activate, view);
        let (class, catalog) = (key.class.index(), view.1);
        if self.active[class].is_empty() {
            let first = catalog.classes[class].retired + 1;
            self.active[class] = vec![first; catalog.shards.keys(key.class) as usize];
        }
        self.active[class][key.number as usize] = version.version;
        if let Some(uses) = self.uses[class].get_mut(key.number as usize) {
            self.most_used[class] = self.most_used[class].max(*uses);
            *uses = 0;
        }
        before
    }

    /// The active version of a key is suspended, or active again. Whether it was the other before.
    pub fn suspend(&mut self, key: KeyRef, change: Change, view: (&Calendar, &Catalog)) -> bool {
        let version = KeyVersion { key, version: self.active(key, view.1) };
        let before = self.state(version, view.1);
        if before.after(change).is_some() {
            self.change(version, change, view);
        }
        before.after(change).is_some()
    }

    /// Whether a version is suspended.
    #[inline]
    #[must_use]
    pub fn is_suspended(&self, version: KeyVersion, catalog: &Catalog) -> bool {
        let any = self.census[version.key.class.index()][KeyState::Suspended as usize] > 0;
        any && self.state(version, catalog) == KeyState::Suspended
    }

    /// Every version of a key has leaked, but one that is not in use yet. Whether the active one had not leaked before.
    pub fn compromise(&mut self, key: KeyRef, view: (&Calendar, &Catalog)) -> bool {
        let numbers: Vec<u32> = self.kept(key, view).iter().map(|version| version.number).collect();
        let newest = self.active(key, view.1);
        let state = self.state(KeyVersion { key, version: newest }, view.1);
        let fresh = matches!(state, KeyState::Active | KeyState::Suspended);
        for version in numbers.into_iter().filter(|number| *number <= newest) {
            self.change(KeyVersion { key, version }, Change::Compromise, view);
        }
        fresh
    }

    /// The keep of a version has ended. Whether it was still there.
    pub fn destroy(&mut self, version: KeyVersion) -> bool {
        let class = version.key.class.index();
        let Some(versions) = self.changed.get_mut(&version.key) else {
            // The history of a key that has not changed says the same as soon as the keep is over.
            self.census[class][KeyState::Deactivated as usize] -= 1;
            self.census[class][KeyState::Destroyed as usize] += 1;
            return true;
        };
        let Some(place) = versions.iter().position(|known| known.number == version.version) else { return false };
        let Some(after) = versions[place].state.after(Change::Destroy) else { return false };
        self.census[class][versions[place].state as usize] -= 1;
        self.census[class][after as usize] += 1;
        versions.remove(place);
        true
    }

    /// Since the oldest version of a key was generated; [`Span::MAX`] where nothing says it.
    #[must_use]
    pub fn oldest(&self, now: Time, key: KeyRef, view: (&Calendar, &Catalog)) -> Span {
        self.of(key, view).first().map_or(Span::ZERO, |version| age(now, *version))
    }

    /// Records what there is when the run ends.
    pub fn close(&self, now: Time, (calendar, catalog): (&Calendar, &Catalog), out: &mut Out) {
        for class in (0..catalog.classes.len()).map(|class| ClassId(class as u16)) {
            for (state, versions) in KeyState::ALL.into_iter().zip(self.census(class)).filter(|(_, n)| *n > 0) {
                out.fact(Fact::Held { class, state, versions });
            }
            let keys = (0..catalog.shards.keys(class)).map(|number| KeyRef { class, number });
            let active = |key: KeyRef| match self.changed.get(&key) {
                Some(versions) => {
                    let number = self.active(key, catalog);
                    versions.iter().find(|version| version.number == number).map_or(Span::ZERO, |v| age(now, *v))
                }
                None if self.late[catalog.shards.lot(key).index()] => Span::ZERO,
                None => calendar.age(now, key, catalog),
            };
            let entry = &catalog.classes[class.index()];
            let oldest = match entry.rotate.is_some() || !entry.ages.is_empty() {
                true => keys.map(active).max().unwrap_or(Span::ZERO),
                false => Span::MAX,
            };
            let uses = self.uses[class.index()].iter().copied().max().unwrap_or(0).max(self.most_used[class.index()]);
            out.fact(Fact::Oldest { class, age: oldest, uses });
            if self.overused[class.index()] > 0 {
                out.fact(Fact::Overused { class, versions: self.overused[class.index()] });
            }
            if self.exposed[class.index()] > 0 {
                out.fact(Fact::Exposed { class, operations: self.exposed[class.index()] });
            }
        }
    }

    /// A key's versions one by one, from now on.
    fn kept(&mut self, key: KeyRef, view: (&Calendar, &Catalog)) -> &mut Vec<Version> {
        if !self.changed.contains_key(&key) {
            let versions = self.of(key, view);
            self.changed.insert(key, versions);
        }
        self.changed.entry(key).or_default()
    }

    /// Changes the state of a version where the life cycle allows it.
    fn change(&mut self, version: KeyVersion, change: Change, view: (&Calendar, &Catalog)) {
        let versions = self.kept(version.key, view);
        let Some(known) = versions.iter_mut().find(|known| known.number == version.version) else { return };
        if let Some(after) = known.state.after(change) {
            let before = std::mem::replace(&mut known.state, after);
            let census = &mut self.census[version.key.class.index()];
            census[before as usize] -= 1;
            census[after as usize] += 1;
        }
    }
}

/// Since a version was generated.
fn age(now: Time, version: Version) -> Span {
    let since = |born: i128| u64::try_from(i128::from(now.0) - born).unwrap_or(u64::MAX);
    version.born.map_or(Span::MAX, |born| Span(since(born)))
}
