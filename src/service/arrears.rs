//! Copies that sites missed and are still to get. Each wire, from a site that has them to one that lacks them, carries so many
//! at once; the others wait, those of versions in use before those that are not, the newest first. A wire on which one failed
//! rests for a while, so that a site that cannot be reached costs a few copies now and then, however much it lacks.

use crate::kms::{KeyVersion, SiteId};
use crate::time::Time;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// From and to.
pub type Wire = (SiteId, SiteId);

/// A copy that is owed: not in use yet, when its version was born, which.
pub type Owed = (bool, Reverse<Time>, KeyVersion);

/// One wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    waiting: BTreeSet<Owed>,
    /// On their way.
    out: BTreeSet<KeyVersion>,
    resting: bool,
}

/// What one site missed and got since it last had everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debt {
    /// When it missed the first copy.
    pub since: Time,
    /// Copies that it got since.
    pub paid: u32,
}

/// All wires on which something is owed, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrears {
    at_once: u32,
    /// By where to, then where from.
    lines: BTreeMap<(SiteId, SiteId), Line>,
    debts: BTreeMap<SiteId, Debt>,
}

impl Arrears {
    /// Nothing owed. `at_once`: copies on their way on one wire at most, at least 1.
    #[must_use]
    pub const fn new(at_once: u32) -> Self {
        Self { at_once, lines: BTreeMap::new(), debts: BTreeMap::new() }
    }

    /// A copy is owed on this wire.
    pub fn owe(&mut self, now: Time, (from, to): Wire, owed: Owed) {
        self.debts.entry(to).or_insert(Debt { since: now, paid: 0 });
        self.lines.entry((to, from)).or_default().waiting.insert(owed);
    }

    /// The next copy for this wire, taken off the list, if the wire has room for one.
    pub fn next(&mut self, (from, to): Wire) -> Option<Owed> {
        let line = self.lines.get_mut(&(to, from))?;
        let free = !line.resting && line.out.len() < self.at_once as usize;
        if free { line.waiting.pop_first() } else { None }
    }

    /// A copy goes on its way.
    pub fn sent(&mut self, (from, to): Wire, version: KeyVersion) {
        self.lines.entry((to, from)).or_default().out.insert(version);
    }

    /// Whether a copy is on its way to a site.
    #[must_use]
    pub fn is_out(&self, to: SiteId, version: KeyVersion) -> bool {
        self.lines_to(to).any(|(_, line)| line.out.contains(&version))
    }

    /// Whether a copy is owed to a site, or on its way there.
    #[must_use]
    pub fn knows(&self, to: SiteId, owed: &Owed) -> bool {
        self.lines_to(to).any(|(_, line)| line.waiting.contains(owed) || line.out.contains(&owed.2))
    }

    /// A copy ended its way to a site: the wire on which it had been owed, if it had.
    pub fn back(&mut self, to: SiteId, version: KeyVersion) -> Option<Wire> {
        let lines = self.lines.range_mut((to, SiteId(0))..=(to, SiteId(u16::MAX)));
        lines.into_iter().find_map(|((_, from), line)| line.out.remove(&version).then_some((*from, to)))
    }

    /// Nothing goes over a wire for a while. Whether that is news.
    pub fn rest(&mut self, (from, to): Wire) -> bool {
        !std::mem::replace(&mut self.lines.entry((to, from)).or_default().resting, true)
    }

    /// Copies may go over a wire again.
    pub fn wake(&mut self, (from, to): Wire) {
        if let Some(line) = self.lines.get_mut(&(to, from)) {
            line.resting = false;
        }
    }

    /// A version is in use from now on.
    pub fn promote(&mut self, to: SiteId, born: Time, version: KeyVersion) {
        for (_, line) in self.lines.range_mut((to, SiteId(0))..=(to, SiteId(u16::MAX))) {
            if line.waiting.remove(&(true, Reverse(born), version)) {
                line.waiting.insert((false, Reverse(born), version));
            }
        }
    }

    /// A site got one of the copies that it had missed. What it owed and got, if that was the last.
    pub fn paid(&mut self, to: SiteId) -> Option<Debt> {
        self.debts.get_mut(&to)?.paid += 1;
        let even = self.lines_to(to).all(|(_, line)| line.waiting.is_empty() && line.out.is_empty());
        if even { self.debts.remove(&to) } else { None }
    }

    /// Wires that begin or end at a site and on which something waits.
    #[must_use]
    pub fn touching(&self, site: SiteId) -> Vec<Wire> {
        let lines = self.lines.iter().filter(|(_, line)| !line.waiting.is_empty());
        let wires = lines.map(|((to, from), _)| (*from, *to));
        wires.filter(|(from, to)| *from == site || *to == site).collect()
    }

    /// A site is gone for good: nothing goes there any more.
    pub fn forget(&mut self, site: SiteId) {
        self.lines.retain(|(to, _), _| *to != site);
        self.debts.remove(&site);
    }

    fn lines_to(&self, to: SiteId) -> impl Iterator<Item = (&(SiteId, SiteId), &Line)> {
        self.lines.range((to, SiteId(0))..=(to, SiteId(u16::MAX)))
    }
}
