//! Copies from one site to another arrive in the order in which they were sent, whatever is lost, late or cut.

use crate::fleet::{QUIET, main_stretch, parse, s};
use keyfleet::engine::{Pace, Queue, run};
use keyfleet::kms::{Fact, KeyVersion, RegionId, SiteId};
use keyfleet::net::{GIVE_UP, Links, Passage, RETRANSMIT, Wires};
use keyfleet::rng::Key;
use keyfleet::time::{Span, Time};
use keyfleet::world::Blueprint;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Three places in two regions: the first two are together.
fn links(jitter: f64, loss: f64) -> Links {
    let ms = |ms| Span::from_millis(ms);
    let one_way = [0, 1, 40, 1, 0, 40, 40, 40, 0].map(ms).to_vec();
    Links::new(vec![RegionId(0), RegionId(0), RegionId(1)], one_way, jitter, loss)
}

fn send(wires: &mut Wires, links: &Links, now: Time, pair: (usize, usize), number: u64) -> Passage {
    wires.send(now, pair, links, &mut Key(7).draws(number, 0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_overtakes_on_a_wire(
        (jitter, loss) in (0.0..2.0_f64, 0.0..0.9_f64),
        moves in prop::collection::vec((0..9_usize, 0..3_000_u64, 0..6_000_u64, 0..8_u8), 1..80),
    ) {
        let (mut links, mut wires, mut cut, mut now) = (links(jitter, loss), Wires::default(), false, Time::ZERO);
        let mut last: BTreeMap<(usize, usize), Time> = BTreeMap::new();
        for (number, (pair, pause, lag, turn)) in moves.into_iter().enumerate() {
            now += Span::from_millis(pause);
            if turn == 0 {
                cut = !cut;
                links.set_cut(RegionId(0), RegionId(1), cut);
            }
            let pair = (pair / 3, pair % 3);
            let leaves = now + Span::from_millis(lag);
            let passage = send(&mut wires, &links, leaves, pair, number as u64);
            let before = last.insert(pair, passage.at).unwrap_or(Time::ZERO);
            prop_assert!(passage.at >= before && passage.at >= leaves);
            // Held up by what goes before it, never for more than that needs.
            let most = GIVE_UP + Span::from_secs(3_600);
            prop_assert!(passage.at == before || passage.at <= leaves + most);
            prop_assert_eq!(links.cut(pair.0, pair.1) && !passage.lost, false);
        }
    }
}

#[test]
fn what_is_lost_is_sent_again_and_holds_up_only_what_is_behind_it() {
    let (links, mut wires) = (links(0.0, 0.5), Wires::default());
    let passages: Vec<Passage> =
        (0..4_000_u32).map(|i| send(&mut wires, &links, s(f64::from(i) * 100.0), (0, 2), i.into())).collect();
    let after = |i: usize| passages[i].at.since(s(i as f64 * 100.0));
    let took = |span: Span| (0..passages.len()).filter(|i| after(*i) == span).count() as f64;
    let way = Span::from_millis(40);
    // Half at once, half of the others a second later, then after three and seven; a sixteenth never.
    for (pauses, share) in [(0, 0.5), (1, 0.25), (3, 0.125), (7, 0.062_5)] {
        let count = took(way + RETRANSMIT * pauses);
        let deviation = (4_000.0_f64 * share * (1.0 - share)).sqrt();
        assert!((count - 4_000.0 * share).abs() < 4.0 * deviation, "{count} after {pauses} s");
    }
    let lost = passages.iter().filter(|passage| passage.lost).count() as f64;
    assert!((lost - 250.0).abs() < 4.0 * 15.3 && took(GIVE_UP) == lost, "{lost}");
}

#[test]
fn a_wire_each_way_and_for_each_pair() {
    let (links, mut wires) = (links(0.0, 0.0), Wires::default());
    let at = |wires: &mut Wires, leaves: f64, pair| send(wires, &links, s(leaves), pair, 0).at;
    assert_eq!(at(&mut wires, 5.0, (0, 2)), s(5.04));
    // Sent later and ready earlier: it waits for what was sent before it on its wire, and for nothing else.
    assert_eq!(at(&mut wires, 1.0, (0, 2)), s(5.04));
    assert_eq!(at(&mut wires, 1.0, (2, 0)), s(1.04));
    assert_eq!(at(&mut wires, 1.0, (1, 2)), s(1.04));
}

/// Keys of two sites rotate over a bad network: what the audit log says was generated at one arrives at the other in that order.
#[test]
fn copies_of_a_fleet_arrive_in_the_order_in_which_their_versions_were_made() {
    let text = format!(
        r#"run = "10 min"
{QUIET}
[region]
eu = {{ at = "Frankfurt", device = "box", sites = 1 }}
us = {{ at = "aws:us-east-1", device = "box", sites = 1 }}
[key.card]
count = {{ eu = 300, us = 300 }}
algorithm = "rsa-2048"
stay = "anywhere"
partner_copies = 1
rotate = {{ every = "10 min" }}
[load.sign]
from = {{ eu = "1/s" }}
calls = ["sign"]
key = "card"
"#
    )
    .replace("network = { jitter = 0.0 }", "network = { jitter = 1.0, loss = \"10 %\" }");
    let scenario = parse(&text);
    let mut world = Blueprint::new(scenario.clone()).audited(&main_stretch(&scenario));
    let mut queue = Queue::new(scenario.populations.len());
    world.begin(Time::ZERO, &mut queue);
    run(&mut world, &mut queue, &mut Pace::Virtual { until: s(600.0) });
    let (mut made, mut came) = (BTreeMap::<SiteId, Vec<KeyVersion>>::new(), BTreeMap::new());
    let mut held_up = 0;
    for (at, fact) in world.recorder().log.clone().unwrap().in_order() {
        match fact {
            Fact::Generated { version, site, .. } => made.entry(site).or_default().push(version),
            Fact::Copied { version, site, lag } => {
                came.insert((site, version), at);
                held_up += usize::from(lag > Span::from_secs(2));
            }
            _ => {}
        }
    }
    assert!(held_up > 50, "{held_up} were lost on the way, or behind one that was");
    for (from, to) in [(SiteId(0), SiteId(1)), (SiteId(1), SiteId(0))] {
        let times: Vec<Time> = made[&from].iter().filter_map(|v| came.get(&(to, *v)).copied()).collect();
        assert!(times.len() > 250);
        // One in ten thousand is given up after four losses, and comes later.
        let overtaken = times.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!(overtaken <= 1, "{overtaken} of {} came before one that was sent earlier", times.len());
    }
}
