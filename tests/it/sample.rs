//! A made-up run to draw: six regions, one day, a region that crashes at nine for three quarters of an hour.

use keyfleet::kms::Badge;
use keyfleet::results::*;
use std::collections::BTreeMap;

const SLOTS: usize = 288;
const SLOT_S: f64 = 300.0;
/// The crash: from 09:00 for 45 minutes.
const CRASH: std::ops::Range<usize> = 108..117;
/// Name, latitude, longitude, mean load, hour of UTC of the peak, neighbour that takes over.
const REGIONS: [(&str, f64, f64, f64, f64, &str); 6] = [
    ("au", -33.9, 151.2, 260.0, 2.0, "jp"),
    ("br", -23.5, -46.6, 320.0, 17.0, "us"),
    ("eu", 50.1, 8.7, 1400.0, 12.0, "uk"),
    ("jp", 35.7, 139.7, 620.0, 4.0, "au"),
    ("uk", 51.5, -0.1, 700.0, 13.0, "eu"),
    ("us", 38.9, -77.4, 1900.0, 18.0, "uk"),
];

fn estimate(value: f64, half_width: f64) -> Estimate {
    Estimate { value: Some(value), half_width: Some(half_width) }
}

fn quantities(p50: f64, answered: bool) -> Quantities {
    let infinite = Estimate::default();
    Quantities {
        mean: estimate(p50 * 1.2, p50 * 0.01),
        p50: estimate(p50, p50 * 0.012),
        p90: estimate(p50 * 1.7, p50 * 0.02),
        p95: estimate(p50 * 2.1, p50 * 0.03),
        p99: estimate(p50 * 3.4, p50 * 0.08),
        p999: if answered { estimate(p50 * 6.0, p50 * 0.4) } else { infinite },
    }
}

fn requests(offered: u64, failed: u64) -> Requests {
    let completed = offered - failed - 3;
    Requests {
        offered,
        completed,
        failed,
        in_flight: 3,
        retries: failed * 3,
        over_bound: 0,
        by_reason: BTreeMap::from([
            ("timeout".to_owned(), failed * 7 / 10),
            ("no-host".to_owned(), failed - failed * 7 / 10),
        ]),
        availability: estimate(completed as f64 / (completed + failed) as f64, 0.000_02),
    }
}

fn block(offered: u64, failed: u64, p50: f64) -> Block {
    Block { requests: requests(offered, failed), latency_ms: quantities(p50, failed * 1000 < offered) }
}

/// A number from 0 to 1 that looks random and never changes.
fn noise(a: usize, b: usize) -> f64 {
    let mut x = (a as u64 * 0x9E37_79B9_7F4A_7C15) ^ (b as u64 * 0xD1B5_4A32_D192_ED03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    x as f64 / u64::MAX as f64
}

fn demand(region: usize, slot: usize, slots: usize) -> f64 {
    let (.., mean, peak, _) = REGIONS[region % 6];
    let hour = slot as f64 / slots as f64 * 24.0 * (slots as f64 * SLOT_S / 86_400.0).max(1.0);
    let swing = libm::cos((hour - peak) / 24.0 * std::f64::consts::TAU);
    mean * (1.0 + 0.45 * swing) * (0.97 + 0.06 * noise(region, slot))
}

fn region_series(region: usize, slots: usize) -> RegionSeries {
    let mut s = RegionSeries::default();
    for slot in 0..slots {
        let struck = CRASH.contains(&slot);
        let (down, cold) = (region == 2 && struck && slot < CRASH.start + 2, region == 2 && struck);
        let offered = demand(region, slot, slots);
        let p50 = (7.0 + region as f64 + noise(region + 10, slot)) * if cold { 3.4 } else { 1.0 };
        let crowd = if struck && region == 4 { 2.6 } else { 1.0 };
        s.offered_per_s.push(offered);
        s.failed_per_s.push(if down {
            offered * 0.31
        } else if cold {
            offered * 0.002
        } else {
            0.0
        });
        s.p50_ms.push((!(down && slot == CRASH.start)).then_some(p50));
        s.p95_ms.push((!down).then_some(p50 * 2.0 * crowd));
        s.p99_ms.push((!down).then_some(p50 * (3.2 + noise(region + 20, slot)) * crowd));
        s.p999_ms.push((!cold).then_some(p50 * (5.0 + 3.0 * noise(region + 30, slot)) * crowd));
    }
    s
}

fn timeline(regions: usize, slots: usize) -> Timeline {
    let mut timeline = Timeline { slot_s: SLOT_S, ..Timeline::default() };
    for region in 0..regions {
        let (name, lat, lon, mean, _, neighbour) = REGIONS[region % 6];
        let name = if region < 6 { name.to_owned() } else { format!("{name}{region}") };
        timeline.regions.insert(name.clone(), region_series(region, slots));
        for (i, site) in ["a", "b", "c"].into_iter().enumerate().take(2 + region % 2) {
            let mut s = SiteSeries { region: name.clone(), ..SiteSeries::default() };
            for slot in 0..slots {
                let (out, extra) = (region == 2 && CRASH.contains(&slot), region == 4 && CRASH.contains(&slot));
                let busy = if out { 0.0 } else { demand(region, slot, slots) / mean * (0.36 + 0.03 * i as f64) };
                let busy = (busy * if extra { 2.1 } else { 1.0 }).min(0.97);
                s.calls_per_s.push(busy * mean * 4.0);
                s.utilisation.push((!out).then_some(busy));
                s.wait_ms.push(busy * busy * 2.0);
            }
            timeline.sites.insert(format!("{name}.{site}"), s);
        }
        let place = |kind: &str| MapPlace { id: name.clone(), kind: kind.to_owned(), lat, lon };
        timeline.map.push(place("region"));
        timeline.map.push(place("callers"));
        let flow = |to: &str, normal: f64, fault: f64| Flow {
            from: name.clone(),
            to: to.to_owned(),
            normal_per_s: mean * normal,
            fault_per_s: mean * fault,
            recovery_per_s: mean * normal,
        };
        timeline.flows.push(flow(&name, 0.98, if region == 2 { 0.0 } else { 0.98 }));
        timeline.flows.push(flow(neighbour, 0.02, if region == 2 { 0.9 } else { 0.02 }));
    }
    timeline
}

fn objectives() -> Vec<ObjectiveResult> {
    let objective =
        |id: &str, expect: &str, (value, half_width, limit, unit): (f64, f64, f64, &str), status| ObjectiveResult {
            id: id.to_owned(),
            expect: expect.to_owned(),
            value: Some(value),
            half_width: Some(half_width),
            limit,
            unit: unit.to_owned(),
            status,
            at: "uk, 09:15–09:20".to_owned(),
            when: "normal".to_owned(),
            control: Vec::new(),
        };
    vec![
        objective("fast", "p99(authorise) < 60 ms", (46.2, 1.3, 60.0, "ms"), Status::Pass),
        ObjectiveResult {
            when: "survive".to_owned(),
            value: None,
            half_width: None,
            at: "eu, 09:00–09:05, region eu: crash".to_owned(),
            ..objective("outage", "p99(authorise) < 180 ms", (0.0, 0.0, 180.0, "ms"), Status::Fail)
        },
        objective("there", "availability > 99.95 %", (99.962, 0.014, 99.95, "%"), Status::Inconclusive),
        ObjectiveResult {
            control: vec!["DORA Art. 12".to_owned(), "NIST SP 800-57 5.3".to_owned()],
            ..objective("kept", "keys_lost == 0", (0.0, 0.0, 0.0, "keys"), Status::Pass)
        },
        objective("back", "rto < 2 min", (95.0, 6.0, 120.0, "s"), Status::Pass),
        objective("budget", "cost < 1.5 MUSD/y", (1_284_000.0, 9_000.0, 1_500_000.0, "USD/y"), Status::Pass),
    ]
}

fn caches(slots: usize) -> CachesBlock {
    let load = CacheLoad {
        for_s: 300.0,
        uses: None,
        clients: 620,
        hits: estimate(9.1e8, 3.0e4),
        misses: estimate(4.0e6, 2.0e3),
        hit_ratio: estimate(0.995_6, 0.000_01),
        expected_hit_ratio: 0.995_9,
        lowest_hit_ratio: estimate(0.41, 0.02),
        answered: estimate(0.999_4, 0.000_1),
        emptied: estimate(620.0, 0.0),
    };
    CachesBlock {
        hits: load.hits,
        misses: load.misses,
        hit_ratio: load.hit_ratio,
        answered: load.answered,
        emptied: load.emptied,
        loads: BTreeMap::from([("authorise".to_owned(), load)]),
        hits_per_s: vec![10_500.0; slots],
        misses_per_s: vec![46.0; slots],
    }
}

/// As the program makes them of the objectives above.
fn controls() -> BTreeMap<String, ControlBlock> {
    let kept = ControlBlock { objectives: vec!["kept".to_owned()], status: Status::Pass };
    ["DORA Art. 12", "NIST SP 800-57 5.3"].map(|name| (name.to_owned(), kept.clone())).into()
}

fn fault(id: &str, what: &str, [detect, routed, rto]: [Option<f64>; 3], failed: u64) -> FaultResult {
    FaultResult {
        id: id.to_owned(),
        what: what.to_owned(),
        from_s: CRASH.start as f64 * SLOT_S,
        until_s: CRASH.end as f64 * SLOT_S,
        replications: 10,
        detect_s: detect,
        routed_s: routed,
        rto_s: rto,
        rpo_s: Some(if failed > 90_000 { 1.8 } else { 0.0 }),
        versions_lost: if failed > 90_000 { estimate(4.0, 1.2) } else { estimate(0.0, 0.0) },
        keys_lost: estimate(0.0, 0.0),
        left_in_escrow: estimate(0.0, 0.0),
        offered: estimate(3_402_115.0, 1_200.0),
        failed: estimate(failed as f64, failed as f64 * 0.003),
        worst_availability: Some(1.0 - failed as f64 / 480_000.0),
        worst_region: if failed > 0 { "eu".to_owned() } else { String::new() },
        worst_p99_ms: (failed < 90_000).then_some(167.0),
        worst_p99_region: "uk".to_owned(),
        p99_rise: Some(Rise {
            region: "uk".to_owned(),
            before_ms: 21.0,
            during_ms: (failed < 90_000).then_some(167.0),
        }),
    }
}

fn survive() -> Vec<FaultResult> {
    let mut cases = Vec::new();
    for (i, (name, ..)) in REGIONS.iter().enumerate() {
        let i = i as f64;
        let rto = if *name == "us" { None } else { Some(38.0 + 11.0 * i) };
        let id = format!("region.{name}");
        cases.push(fault(
            &id,
            &format!("region {name}: crash"),
            [Some(12.0), Some(14.5 + i), rto],
            60_000 + 10_000 * i as u64,
        ));
        let id = format!("site.{name}.a");
        cases.push(fault(&id, &format!("site {name}.a: crash"), [Some(12.0), Some(14.0), Some(0.0)], 0));
    }
    cases
}

fn site(region: &str) -> SiteBlock {
    SiteBlock {
        region: region.to_owned(),
        profile: "luna-a790".to_owned(),
        hsms: 3,
        calls: 81_234_567,
        refused: 12,
        hsm_wait_ms: quantities(0.21, true),
        hsm_service_ms: quantities(0.82, true),
        utilisation: estimate(0.36, 0.004),
        queue_length: estimate(0.42, 0.03),
        utilisation_peak: estimate(0.81, 0.02),
        key_versions: 13_400,
        key_slots: Some(100_000),
    }
}

fn ledger() -> Ledger {
    let states = [("active", 40_000.0), ("deactivated", 19_115.0), ("compromised", 12.0)];
    Ledger {
        keys: 40_000,
        states: states.map(|(state, count)| (state.to_owned(), estimate(count, 0.0))).into(),
        cryptoperiod_s: Some(31_536_000.0),
        oldest_s: estimate(31_538_200.0, 900.0),
        uses_allowed: Some(4_294_967_296),
        most_uses: estimate(812_000.0, 4_000.0),
        uses_exceeded: estimate(0.0, 0.0),
        overdue: estimate(1.4, 0.5),
        overdue_hours: estimate(3.2, 1.0),
        leaked: estimate(12.0, 0.0),
        lost: estimate(0.0, 0.0),
        waited_for_slots: estimate(0.0, 0.0),
        replaced: estimate(12.0, 0.0),
        replacement_s: estimate(740.0, 60.0),
        generation_s: Some(5_000.0),
        generation_at_once_s: Some(20_000.0),
        exposed: estimate(5_210.0, 80.0),
    }
}

fn life_of_keys(run: &mut RunDocument) {
    run.keys = Keys {
        keys: 40_000,
        versions: 59_115,
        copies: 118_230,
        lost: estimate(0.0, 0.0),
        left_in_escrow: estimate(0.0, 0.0),
        in_escrow: estimate(0.0, 0.0),
        unavailable: estimate(0.000_012, 0.000_002),
        classes: [("issuer".to_owned(), ledger())].into(),
    };
    run.replication = Replication {
        copies: estimate(8_112.0, 40.0),
        lag_ms: quantities(140.0, true),
        late_ms: quantities(5_100.0, true),
        late: estimate(12.0, 0.8),
        missed: estimate(31.0, 2.5),
        caught_up_s: estimate(12.5, 0.7),
        versions_lost: estimate(4.0, 1.2),
        unused_lost: estimate(2.0, 0.9),
    };
    run.rotation = Rotation {
        due: estimate(110.0, 0.0),
        completed: estimate(108.6, 0.5),
        overdue: estimate(1.4, 0.5),
        duration_ms: quantities(4_200.0, true),
    };
    run.metadata = MetadataBlock {
        regions: ["eu", "uk", "us"].map(str::to_owned).to_vec(),
        operations: estimate(131.2, 2.0),
        conflicts: estimate(1.1, 0.3),
        unanswered: estimate(21.5, 1.9),
        unavailable_s: estimate(1.0, 0.0),
        leader_changes: estimate(1.0, 0.0),
        rotations_delayed: estimate(3.2, 0.4),
        rotations_waiting: estimate(0.1, 0.1),
        delay_ms: quantities(9_100.0, true),
    };
    run.audit =
        Audit { batches: 4_032, accesses: 432_100_200, served: 432_100_200, key_events: 9_221, ..Audit::default() };
}

fn cost() -> Cost {
    Cost {
        devices_usd_per_year: 1_012_000.0,
        purchase_years: 5.0,
        keys_usd_per_year: 31_400.0,
        operations_usd_per_year: 188_000.0,
        transfer_usd_per_year: 52_600.0,
        total_usd_per_year: 1_284_000.0,
        usd_per_million_calls: Some(2.41),
        regions: REGIONS.iter().map(|(name, .., mean, _, _)| ((*name).to_owned(), mean * 247.0)).collect(),
        unpriced: vec!["luna-a790 support".to_owned()],
    }
}

fn provenance() -> Vec<ProvenanceRow> {
    let row = |what: &str, value: &str, badge, source: &str| ProvenanceRow {
        what: what.to_owned(),
        value: value.to_owned(),
        badge,
        source: source.to_owned(),
    };
    vec![
        row(
            "luna-a790: sign, RSA 2048",
            "0.45 ms",
            Badge::Published,
            "Thales product brief, https://cpl.thalesgroup.com/luna, 2026",
        ),
        row("round trip us–eu", "88 ms", Badge::Measured, "matrix of round trips between metros, median of 2026-06"),
        row(
            "queue limit of a device",
            "512 calls",
            Badge::Assumed,
            "no source; chosen so that a queue lasts no longer than a timeout",
        ),
    ]
}

fn scenario(slots: usize) -> ScenarioBlock {
    ScenarioBlock {
        name: "global-payments".to_owned(),
        digest: "9f2c".repeat(16),
        seed: 42,
        description: "Six regions sign card payments; Frankfurt goes dark at nine.".to_owned(),
        classification: Some("internal".to_owned()),
        start: "2027-03-01T00:00:00Z".to_owned(),
        run_s: slots as f64 * SLOT_S,
    }
}

fn saturated() -> Vec<Saturated> {
    vec![Saturated {
        site: "uk.a".to_owned(),
        state: Saturation::Backlogged,
        from_s: Some(CRASH.start as f64 * SLOT_S),
        until_s: Some(CRASH.end as f64 * SLOT_S),
        behind_s: 2_400.0,
        refused: 0.0,
        left: false,
        waiting: estimate(0.0, 0.0),
    }]
}

/// What the sample survives, and what would mend the rest.
fn survival() -> Option<SurvivalBlock> {
    Some(SurvivalBlock {
        survived: vec!["region.us".to_owned()],
        unclear: Vec::new(),
        not_survived: vec![NotSurvived {
            id: "region.eu".to_owned(),
            objectives: vec!["outage".to_owned()],
            by: "p99(authorise) < 180 ms, but too many requests had no right answer".to_owned(),
        }],
        told: vec![
            "Survives the loss of any device and of region us, at its peak.".to_owned(),
            "Does not survive the loss of region eu: 2.86 % of all requests fail.".to_owned(),
        ],
    })
}

fn remedies() -> Option<RemedyBlock> {
    let one = |set: &[&str]| Remedy {
        objectives: vec!["outage".to_owned()],
        cases: vec!["region.eu".to_owned()],
        cause: "uk.a is asked for the work of 3.2 HSMs with region eu down, retries apart, and has 2 HSMs.".to_owned(),
        remedy: "With a tenth of room: 4 HSMs.".to_owned(),
        set: set.iter().map(|&set| set.to_owned()).collect(),
    };
    Some(RemedyBlock {
        found: vec![one(&["region.uk.hsms=4", "health.propagation=\"5 s\""]), one(&[])],
        more: 1,
        unexplained: vec!["there".to_owned()],
    })
}

/// The day.
pub(crate) fn day() -> RunDocument {
    run_of(6, SLOTS)
}

/// A run of so many regions and slots of five minutes.
pub(crate) fn run_of(regions: usize, slots: usize) -> RunDocument {
    let timeline = timeline(regions, slots);
    let offered = 448_000_000;
    let mut run = RunDocument {
        changes: None,
        people: None,
        surveyed: None,
        schema: "keyfleet.run/1".to_owned(),
        scenario: scenario(slots),
        trace_digest: "07ab".repeat(16),
        simulated_s: slots as f64 * SLOT_S - 300.0,
        warm_up_s: 300.0,
        replications: 10,
        interrupted: false,
        survive_missing: Vec::new(),
        unsettled: vec!["there".to_owned()],
        fidelity: "exact".to_owned(),
        status: Status::Fail,
        verdict: "1 of 6 objectives fails: outage (p99 of authorise is infinite in eu when region eu crashes)."
            .to_owned(),
        objectives: objectives(),
        controls: controls(),
        saturation: Saturation::Backlogged,
        saturated: saturated(),
        requests: requests(offered, 402_118),
        latency_ms: quantities(9.4, true),
        hsm_wait_ms: quantities(0.2, true),
        hsm_waited: estimate(0.184, 0.002),
        hsm_service_ms: quantities(0.8, true),
        utilisation: estimate(0.367, 0.003),
        phases: [("normal", 420, 800, 9.3), ("fault", 14, 401_000, 14.1), ("recovery", 14, 318, 9.9)]
            .map(|(part, millions, failed, ms)| (part.to_owned(), block(millions * 1_000_000, failed, ms)))
            .into(),
        regions: timeline
            .regions
            .keys()
            .zip(0_u64..)
            .map(|(n, i)| (n.clone(), block(70_000_000, 900 + 390_000 * u64::from(i == 2), 7.0 + i as f64)))
            .collect(),
        loads: BTreeMap::from([
            ("authorise".to_owned(), block(400_000_000, 402_000, 9.4)),
            ("issue".to_owned(), block(48_000_000, 118, 31.0)),
        ]),
        sites: timeline.sites.iter().map(|(id, s)| (id.clone(), site(&s.region))).collect(),
        faults: vec![fault("dark", "region eu: crash", [Some(12.0), Some(14.5), Some(95.0)], 401_000)],
        events: Vec::new(),
        survive: survive(),
        keys: Keys::default(),
        replication: Replication::default(),
        rotation: Rotation::default(),
        access: None,
        location: None,
        out_of_place: Vec::new(),
        quotas: BTreeMap::new(),
        metadata: MetadataBlock::default(),
        transport: None,
        work: None,
        recovery: None,
        emergency: Emergency { grants: 1, accesses: 8_204, figures: None },
        caches: Some(caches(slots)),
        audit: Audit::default(),
        cost: cost(),
        provenance: provenance(),
        timeline,
        survival: survival(),
        remedies: remedies(),
        speed: None,
        engine: None,
    };
    life_of_keys(&mut run);
    run
}
