//! Rulebook: against an oracle that goes through all of them, and as written in scenarios.

use super::Dice;
use crate::fleet::{QUIET, Whole};
use keyfleet::geo;
use keyfleet::kms::{CallName, ClassId, CountryId, RuleId, TenantId};
use keyfleet::scenario::Hours;
use keyfleet::service::{Countries, Question, Rule, Rulebook};
use keyfleet::time::{Span, Time};
use std::sync::Arc;

const SIZES: (usize, usize, usize) = (3, 4, 3);

fn some(dice: &mut Dice, n: usize) -> Vec<bool> {
    (0..n).map(|_| !dice.one_in(3)).collect()
}

fn rule(dice: &mut Dice) -> Rule {
    let hours = |dice: &mut Dice| -> Arc<[(Time, Time)]> {
        let mut at = 0;
        let stretch = |dice: &mut Dice, at: &mut u64| {
            let begins = *at + 1 + dice.below(20);
            *at = begins + 1 + dice.below(20);
            (Time(begins), Time(*at))
        };
        (0..dice.below(4)).map(|_| stretch(dice, &mut at)).collect()
    };
    Rule {
        denies: dice.one_in(4),
        tenants: some(dice, SIZES.0),
        calls: some(dice, SIZES.1),
        classes: some(dice, SIZES.2),
        from: dice.one_in(2).then(|| {
            let mut set = Countries::default();
            (0..3).for_each(|_| set.add(CountryId(dice.below(6) as u8 * 50)));
            set
        }),
        hours: if dice.one_in(2) { vec![hours(dice), hours(dice)] } else { Vec::new() },
    }
}

/// Every rule looked at, one after the other.
fn judged(rules: &[Rule], now: Time, question: Question) -> Result<(), Option<RuleId>> {
    let holds = |rule: &&Rule| {
        let about = rule.tenants[question.tenant.index()]
            && rule.calls[question.call.index()]
            && rule.classes[question.class.index()];
        let from = match (rule.from, question.country) {
            (None, _) => true,
            (Some(set), Some(country)) => set.has(country),
            (Some(_), None) => rule.denies,
        };
        let open = |hours: &Arc<[(Time, Time)]>| hours.iter().any(|(begins, ends)| (*begins..*ends).contains(&now));
        about && from && (rule.hours.is_empty() || open(&rule.hours[usize::from(question.zone)]))
    };
    let found: Vec<(u16, &Rule)> = (0..).zip(rules).filter(|(_, rule)| holds(rule)).collect();
    let denies = found.iter().find(|(_, rule)| rule.denies).map(|(number, _)| RuleId(*number));
    if found.is_empty() || denies.is_some() { Err(denies) } else { Ok(()) }
}

#[test]
fn a_million_questions_are_decided_as_by_going_through_every_rule() {
    let mut dice = Dice::new(5);
    let mut answers = [0_u64; 3];
    for _ in 0..20_000 {
        let rules: Vec<Rule> = (0..dice.below(6)).map(|_| rule(&mut dice)).collect();
        let compiled = Rulebook::new(rules.clone(), SIZES);
        for _ in 0..50 {
            let question = Question {
                tenant: TenantId(dice.below(SIZES.0 as u64) as u8),
                call: CallName(dice.below(SIZES.1 as u64) as u8),
                class: ClassId(dice.below(SIZES.2 as u64) as u16),
                country: (!dice.one_in(5)).then(|| CountryId(dice.below(6) as u8 * 50)),
                zone: dice.below(2) as u8,
            };
            let now = Time(dice.below(100));
            let answer = compiled.judge(now, question);
            assert_eq!(answer, judged(&rules, now, question), "{rules:#?} {question:?} {now:?}");
            answers[match answer {
                Ok(()) => 0,
                Err(None) => 1,
                Err(Some(_)) => 2,
            }] += 1;
        }
    }
    let [allowed, unmatched, denied] = answers;
    assert!(allowed > 100_000 && unmatched + denied > 100_000 && unmatched.min(denied) > 50_000, "{answers:?}");
}

#[test]
fn a_million_texts_are_hours_or_are_not() {
    let (mut dice, mut read) = (Dice::new(9), 0_u64);
    let parts =
        ["Mon", "Fri", "Sat", "sun", "-", ",", " ", "08:00", "18:00", "24:00", "00:00", "25:00", "x", "é", ":", "9"];
    for _ in 0..1_000_000 {
        let words = dice.below(8);
        let text: String = (0..words).map(|_| parts[dice.below(parts.len() as u64) as usize]).collect();
        if let Ok(hours) = text.parse::<Hours>() {
            read += 1;
            assert!(hours.days.contains(&true) && hours.begins < 1_440, "{text}");
            assert!(hours.begins < hours.ends && hours.ends <= hours.begins + 1_440, "{text}");
        }
    }
    assert!(read > 100, "{read}");
    for (text, days, begins, ends) in [
        ("Mon-Fri 08:00-18:00", [true, true, true, true, true, false, false], 480, 1_080),
        ("22:00-06:00", [true; 7], 1_320, 1_800),
        ("Sat,Mon 00:00-24:00", [true, false, false, false, false, true, false], 0, 1_440),
        ("Fri-Mon 01:30-02:00", [true, false, false, false, true, true, true], 90, 120),
    ] {
        assert_eq!(text.parse(), Ok(Hours { days, begins, ends }), "{text}");
    }
}

#[test]
fn hours_follow_the_clocks_of_a_place() {
    // Berlin puts its clocks forward on Sunday, 28 March 2027, at 02:00: 01:00 UTC.
    let start = 1_806_019_200; // Friday, 26 March 2027, 00:00 UTC.
    let hours = |text: &str| {
        let Hours { days, begins, ends } = text.parse().unwrap();
        let open = geo::openings("Europe/Berlin", (start, start + 4 * 86_400), days, (begins, ends));
        open.iter().map(|(a, b)| ((a - start) as f64 / 3600.0, (b - start) as f64 / 3600.0)).collect::<Vec<_>>()
    };
    assert_eq!(hours("Fri 08:00-18:00"), [(7.0, 17.0)]);
    assert_eq!(hours("Mon 08:00-18:00"), [(78.0, 88.0)]);
    assert_eq!(hours("Sat 22:00-06:00"), [(45.0, 52.0)], "an hour shorter");
    assert_eq!(hours("Thu 22:00-06:00"), [(0.0, 5.0)], "begun before the run");
}

/// A shop that may sign by day and only in Germany, and a bank that may do anything but decrypt.
fn fleet(rules: &str) -> String {
    format!(
        r#"run = "4 h"
start = 2027-03-01T05:00:00Z
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 2 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 2 }}
[tenant]
bank = {{ roles = ["all"] }}
shop = {{ roles = ["signs"] }}
[rule]
{rules}
[key.card]
count = {{ eu = 100, us = 100 }}
algorithm = "rsa-2048"
[load.sign]
from = {{ eu = "2/s", us = "2/s" }}
calls = ["sign"]
key = "card"
tenant = {{ bank = "50 %", shop = "50 %" }}
[load.read]
from = {{ eu = "2/s" }}
calls = ["sign", "decrypt"]
key = "card"
tenant = "bank"
"#
    )
}

#[test]
fn who_may_do_what_from_where_and_when() {
    let rules = r#"signs = { roles = ["signs"], calls = ["sign"], from = ["DE"], hours = "Mon 08:00-18:00" }
bank = { roles = ["all"] }
reads = { roles = ["all"], calls = ["decrypt"], deny = true }"#;
    let whole = Whole::of(&fleet(rules));
    let access = whole.document.access.as_ref().unwrap();
    let of = |tenant: &str| &access.tenants[tenant];
    // Germany is an hour ahead of UTC: from seven on, that is in the last two of the four hours.
    let shop = of("shop");
    let share = shop.completed as f64 / shop.offered as f64;
    assert!((share - 0.25).abs() < 0.02, "{share}");
    assert_eq!(shop.by_reason.keys().collect::<Vec<_>>(), ["forbidden"]);
    let read = &whole.document.loads["read"].requests;
    assert_eq!((read.completed, read.failed > 0), (0, true), "an operation of which one call is denied");
    assert_eq!(whole.suffered("us", Time::ZERO, Time::ZERO + Span::from_secs(14_400)).1, shop_abroad(&whole));
    assert_eq!(access.turned_away["forbidden"], whole.document.requests.failed);
    let by: Vec<(&str, u64)> = access.forbidden_by.iter().map(|(rule, requests)| (&**rule, *requests)).collect();
    let [("no rule allows it", unmatched), ("reads", denied)] = by[..] else { panic!("{by:?}") };
    assert_eq!((denied, unmatched), (read.failed, shop.failed), "each rule has what it denied");
    // What no rule allows is refused; without any, loads may do what they ask for.
    let closed = Whole::of(&fleet(r#"none = { roles = ["signs"], calls = ["decrypt"] }"#));
    assert_eq!(closed.document.requests.completed, 0);
    let open = Whole::of(&fleet("").replace("[rule]", ""));
    assert_eq!((open.document.requests.failed, open.document.requests.completed > 0), (0, true));
}

/// All that the shop asks for in America is forbidden.
fn shop_abroad(whole: &Whole) -> u64 {
    whole.document.regions["us"].requests.failed
}
