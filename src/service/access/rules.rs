//! Attribute rules: who, what operation, which key, from where, when. What no rule allows is refused, and a rule that denies wins.

use crate::kms::{CallName, ClassId, CountryId, RuleId, TenantId};
use crate::time::Time;
use std::sync::Arc;

/// A set of countries, by their number in the list of countries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Countries([u64; 4]);

impl Countries {
    /// Adds one.
    pub fn add(&mut self, CountryId(country): CountryId) {
        self.0[usize::from(country >> 6)] |= 1 << (country & 63);
    }

    /// Whether it is one of them.
    #[inline]
    #[must_use]
    pub const fn has(&self, CountryId(country): CountryId) -> bool {
        self.0[(country >> 6) as usize] & 1 << (country & 63) != 0
    }
}

/// A rule.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// It denies instead of allowing.
    pub denies: bool,
    /// By tenant: whether it is about them.
    pub tenants: Vec<bool>,
    /// By call: whether it is about it.
    pub calls: Vec<bool>,
    /// By class of keys: whether it is about them.
    pub classes: Vec<bool>,
    /// Callers in these countries; `None` for all.
    pub from: Option<Countries>,
    /// By the number of a time zone among the origins' ones: when it holds, stretches in order of time; empty for always.
    pub hours: Vec<Arc<[(Time, Time)]>>,
}

/// All rules, found by tenant, call and class.
#[derive(Clone, Debug)]
pub struct Rulebook {
    rules: Vec<Rule>,
    calls: usize,
    classes: usize,
    /// By tenant × calls × classes: which rules may matter, those that deny first.
    of: Vec<Vec<u16>>,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who asks.
    pub tenant: TenantId,
    /// For what.
    pub call: CallName,
    /// Under a key of which class.
    pub class: ClassId,
    /// From which country; `None` where nobody knows.
    pub country: Option<CountryId>,
    /// In which time zone, by number.
    pub zone: u8,
}

impl Rulebook {
    /// Rulebook for so many tenants, calls and classes.
    #[must_use]
    pub fn new(rules: Vec<Rule>, (tenants, calls, classes): (usize, usize, usize)) -> Self {
        let mut of = vec![Vec::new(); tenants * calls * classes];
        for (place, found) in of.iter_mut().enumerate() {
            let (tenant, call, class) = (place / (calls * classes), place / classes % calls, place % classes);
            let about = |rule: &Rule| rule.tenants[tenant] && rule.calls[call] && rule.classes[class];
            for denies in [true, false] {
                let which = (0..rules.len()).filter(|i| rules[*i].denies == denies && about(&rules[*i]));
                found.extend(which.map(|i| i as u16));
            }
        }
        Self { rules, calls, classes, of }
    }

    /// Whether it is allowed at all times, or at none; `None` where that depends on the hour.
    #[must_use]
    pub fn settled(&self, question: Question) -> Option<bool> {
        let about = |rule: &&Rule| rule.is_from(question.country);
        match self.rules_of(question).map(|(_, rule)| rule).find(about) {
            Some(rule) => rule.hours.is_empty().then_some(!rule.denies),
            None => Some(false),
        }
    }

    /// Lets through what is allowed now.
    ///
    /// # Errors
    /// The first rule that denies it; nothing where no rule allows it.
    #[inline]
    pub fn judge(&self, now: Time, question: Question) -> Result<(), Option<RuleId>> {
        match self.rules_of(question).find(|(_, rule)| rule.holds(now, question)) {
            Some((_, rule)) if !rule.denies => Ok(()),
            found => Err(found.map(|(id, _)| id)),
        }
    }

    /// Rules about who asks, the call and the keys, those that deny first.
    #[inline]
    fn rules_of(&self, question: Question) -> impl Iterator<Item = (RuleId, &Rule)> {
        let Question { tenant, call, class, .. } = question;
        let place = (tenant.index() * self.calls + call.index()) * self.classes + class.index();
        self.of[place].iter().map(|i| (RuleId(*i), &self.rules[usize::from(*i)]))
    }
}

impl Rule {
    /// Whether it is about a request from there and at that time. Where nobody knows the country, what denies counts it in, and
    /// what allows does not.
    #[inline]
    fn holds(&self, now: Time, question: Question) -> bool {
        self.is_from(question.country) && (self.hours.is_empty() || self.is_open(now, question.zone))
    }

    #[inline]
    fn is_from(&self, country: Option<CountryId>) -> bool {
        self.from.is_none_or(|set| country.map_or(self.denies, |country| set.has(country)))
    }

    fn is_open(&self, now: Time, zone: u8) -> bool {
        let hours = &self.hours[usize::from(zone)];
        let next = hours.partition_point(|(begins, _)| *begins <= now);
        next.checked_sub(1).is_some_and(|last| now < hours[last].1)
    }
}
