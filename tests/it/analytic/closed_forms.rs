//! Every system of the suite against its closed form, inside simultaneous 99 % intervals that are narrow enough to tell.
//! Requests per system are chosen for that width; 3 to 5 million are simulated in a second. The seed is fixed, so that a pass stays
//! one; whoever changes what is drawn meets one failure in a hundred suites by luck alone.

use super::{QUEUE, load, simulated};
use assert_cmd::Command;
use keyfleet::metrics::{Replica, Runs};
use keyfleet::queueing::{Loss, Station, Waiting, mg1, mmc, mmck};
use keyfleet::stats::{Estimate, Histogram, bonferroni, jackknife, mean};

/// Mean service time of every system, seconds.
const SERVICE: f64 = 1e-3;
/// Replications of every system: enough that Student's t at these confidences is near the normal.
const REPLICATIONS: u32 = 60;

/// What a system is and what is compared.
#[derive(Clone, Copy)]
enum Form {
    /// M/M/c: mean wait, share that waits, p99 of the wait.
    Mmc,
    /// M/G/1 with lognormal service (constant at 0) of this coefficient of variation: mean wait and share that waits.
    Mg1(f64),
    /// The same with gamma service.
    MGamma1(f64),
    /// M/M/c/K with so many that may wait at each HSM: share refused and mean wait.
    Mmck(u32),
    /// M/G/c/c with this coefficient of variation: share refused, on which the distribution has no influence (Erlang B).
    Mgcc(f64),
}

struct System {
    form: Form,
    hsms: u32,
    engines: u32,
    utilisation: f64,
    /// Counted requests over all replications.
    requests: f64,
    /// The widest half-width allowed, relative to the value.
    widest: f64,
}

const fn system(form: Form, (hsms, engines): (u32, u32), utilisation: f64, millions: f64) -> System {
    let widest = if utilisation == 0.95 { 0.05 } else { 0.02 };
    System { form, hsms, engines, utilisation, requests: 1e6 * millions, widest }
}

/// The whole suite: its length sets the confidence of each comparison.
const SYSTEMS: [System; 27] = [
    system(Form::Mmc, (1, 1), 0.5, 4.0),
    system(Form::Mmc, (1, 1), 0.8, 20.0),
    system(Form::Mmc, (1, 1), 0.95, 65.0),
    system(Form::Mmc, (2, 2), 0.5, 7.5),
    system(Form::Mmc, (2, 2), 0.8, 22.5),
    system(Form::Mmc, (2, 2), 0.95, 60.0),
    // Three in ten thousand wait here, and in clusters: 2 % of their mean wait would take some four billion requests.
    System { widest: 0.25, ..system(Form::Mmc, (8, 4), 0.5, 25.0) },
    system(Form::Mmc, (8, 4), 0.8, 60.0),
    system(Form::Mmc, (8, 4), 0.95, 70.0),
    system(Form::Mg1(0.0), (1, 1), 0.5, 1.2),
    system(Form::Mg1(0.0), (1, 1), 0.8, 3.8),
    system(Form::Mg1(0.0), (1, 1), 0.95, 8.8),
    system(Form::Mg1(0.5), (1, 1), 0.5, 1.5),
    system(Form::Mg1(0.5), (1, 1), 0.8, 5.0),
    system(Form::Mg1(0.5), (1, 1), 0.95, 10.0),
    // The error of the mean follows the fourth moment of the service time, 15 600 for this lognormal and 585 for the gamma.
    system(Form::Mg1(2.0), (1, 1), 0.5, 36.0),
    system(Form::Mg1(2.0), (1, 1), 0.8, 45.0),
    system(Form::Mg1(2.0), (1, 1), 0.95, 60.0),
    system(Form::MGamma1(2.0), (1, 1), 0.5, 8.8),
    system(Form::MGamma1(2.0), (1, 1), 0.8, 22.5),
    system(Form::Mmck(2), (1, 1), 0.5, 3.8),
    system(Form::Mmck(4), (1, 1), 0.8, 2.5),
    system(Form::Mmck(4), (2, 2), 0.95, 2.5),
    system(Form::Mmck(4), (2, 2), 1.25, 2.5),
    system(Form::Mmck(1), (8, 4), 1.1, 4.0),
    system(Form::Mmck(0), (2, 4), 0.8, 1.9),
    system(Form::Mgcc(2.0), (1, 8), 0.8, 2.5),
];

impl Form {
    const fn comparisons(self) -> usize {
        match self {
            Self::Mmc => 3,
            Self::Mg1(_) | Self::MGamma1(_) | Self::Mmck(_) => 2,
            Self::Mgcc(_) => 1,
        }
    }
}

impl System {
    fn station(&self) -> Station {
        let servers = self.hsms * self.engines;
        Station { arrival_rate: self.utilisation * f64::from(servers) / SERVICE, mean_service: SERVICE, servers }
    }

    /// The relaxation time of M/M/c is at most `SERVICE / (c (1 - sqrt(rho))^2)`: 8 of them, and of the service time, forget the empty start.
    fn warm_up_s(&self) -> f64 {
        let slack = 1.0 - self.utilisation.min(0.95).sqrt();
        8.0 * SERVICE * (1.0 + 1.0 / (f64::from(self.hsms * self.engines) * slack * slack))
    }

    fn settings(&self) -> Vec<String> {
        let rate = self.station().arrival_rate;
        let counted = self.requests / rate / f64::from(REPLICATIONS);
        let ms = |seconds: f64| format!("{:.0} ms", 1e3 * seconds);
        let mut settings = vec![
            format!("replications={REPLICATIONS}"),
            format!("run={}", ms(counted + self.warm_up_s())),
            format!("warm_up={}", ms(self.warm_up_s())),
            format!("load.calls.from.here={rate:.0}/s"),
            format!("region.here.hsms={}", self.hsms),
            format!("profile.server.engines={}", self.engines),
        ];
        match self.form {
            Form::Mg1(0.0) => settings.push("profile.server.distribution=constant".to_owned()),
            Form::Mg1(cv) | Form::Mgcc(cv) => {
                settings.push("profile.server.distribution=lognormal".to_owned());
                settings.push(format!("profile.server.cv={cv}"));
            }
            Form::MGamma1(cv) => {
                settings.push("profile.server.distribution=gamma".to_owned());
                settings.push(format!("profile.server.cv={cv}"));
            }
            Form::Mmc | Form::Mmck(_) => {}
        }
        match self.form {
            Form::Mmck(queue) => settings.push(format!("profile.server.queue={queue}")),
            Form::Mgcc(_) => settings.push("profile.server.queue=0".to_owned()),
            Form::Mmc | Form::Mg1(_) | Form::MGamma1(_) => {}
        }
        settings
    }

    fn check(&self) {
        let name = format!("{:?}", self.settings());
        let runs = simulated(load(QUEUE, &self.settings()));
        let confidence = bonferroni(0.99, SYSTEMS.iter().map(|system| system.form.comparisons()).sum());
        let agree = |what: &str, estimate: Estimate, exact: f64| {
            let half = estimate.half_width.unwrap();
            println!("{what} {:.4e}, by the form {exact:.4e}, half-width {:.4}: {name}", estimate.value, half / exact);
            assert!((estimate.value - exact).abs() <= half, "{name}: {what} {estimate:?} is not {exact}");
            assert!(half <= self.widest * exact, "{name}: {what} {estimate:?} is too wide to tell");
        };
        let over = |figure: fn(&Replica) -> f64| {
            let values: Vec<f64> = runs.main.iter().map(figure).collect();
            mean(&values, confidence).unwrap()
        };
        let station = self.station();
        match self.form {
            Form::Mmc => {
                let Waiting { mean, probability } = mmc(&station).unwrap();
                agree("mean wait", over(mean_wait), mean);
                agree("share that waits", over(waited), probability);
                agree("p99 of the wait", p99(&runs, confidence), mmc(&station).unwrap().quantile(0.99));
            }
            Form::Mg1(cv) | Form::MGamma1(cv) => {
                let Waiting { mean, probability } = mg1(station.arrival_rate, SERVICE, cv * cv).unwrap();
                agree("mean wait", over(mean_wait), mean);
                agree("share that waits", over(waited), probability);
            }
            Form::Mmck(queue) => {
                let Loss { blocking, mean_wait: wait, .. } = mmck(&station, station.servers + self.hsms * queue);
                agree("share refused", over(refused), blocking);
                agree("mean wait", over(mean_wait), wait);
            }
            Form::Mgcc(_) => agree("share refused", over(refused), mmck(&station, station.servers).blocking),
        }
    }
}

/// Seconds.
fn mean_wait(replica: &Replica) -> f64 {
    replica.recorder.sites[0].wait.mean().unwrap() / 1e9
}

fn waited(replica: &Replica) -> f64 {
    let wait = &replica.recorder.sites[0].wait;
    1.0 - wait.zeros() as f64 / wait.count() as f64
}

fn refused(replica: &Replica) -> f64 {
    let site = &replica.recorder.sites[0];
    let refused = site.rejected.iter().sum::<u64>() as f64;
    refused / (refused + site.wait.count() as f64)
}

/// Seconds. A quantile of the pool, for the mean of quantiles would be biased.
fn p99(runs: &Runs, confidence: f64) -> Estimate {
    let waits: Vec<&Histogram> = runs.main.iter().map(|replica| &replica.recorder.sites[0].wait).collect();
    let seconds = |histogram: &Histogram| [histogram.quantile(0.99).map(|quantile| quantile.nanoseconds() / 1e9)];
    jackknife(&waits, confidence, seconds)[0].unwrap()
}

/// All systems of a kind, at one utilisation or at all of them.
fn check(kind: impl Fn(&System) -> bool) {
    let chosen: Vec<&System> = SYSTEMS.iter().filter(|system| kind(system)).collect();
    assert!(!chosen.is_empty());
    chosen.iter().for_each(|system| system.check());
}

fn mmc_of(servers: u32) -> impl Fn(&System) -> bool {
    move |system| matches!(system.form, Form::Mmc) && system.hsms * system.engines == servers
}

/// Longer than 5 s: at 0.95 one call's luck is felt by thousands after it, and p99 feels it most.
#[test]
fn one_server_with_exponential_service() {
    check(mmc_of(1));
}

/// Longer than 5 s for the same reason.
#[test]
fn four_servers_with_exponential_service() {
    check(mmc_of(4));
}

/// Longer than 5 s for the same reason, and because few wait at 0.8.
#[test]
fn thirty_two_servers_at_light_and_medium_load() {
    check(|system| mmc_of(32)(system) && system.utilisation < 0.9);
}

/// Longer than 5 s for the same reason.
#[test]
fn thirty_two_servers_at_heavy_load() {
    check(|system| mmc_of(32)(system) && system.utilisation > 0.9);
}

#[test]
fn one_server_with_constant_service() {
    check(|system| matches!(system.form, Form::Mg1(0.0)));
}

/// Longer than 5 s: rare long calls are what makes the mean, and they must be seen often.
#[test]
fn one_server_with_variable_service() {
    check(|system| matches!(system.form, Form::Mg1(cv) | Form::MGamma1(cv) if cv > 0.0));
}

#[test]
fn finite_queues_refuse_as_many_as_they_should() {
    check(|system| matches!(system.form, Form::Mmck(_) | Form::Mgcc(_)));
}

#[test]
fn the_printed_document_says_what_the_recorders_hold() {
    let settings = ["run=20s", "warm_up=1s", "replications=12"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyfleet"));
    command.args(["run", QUEUE, "--format", "json", "--jobs", "1"]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    let output = command.output().unwrap();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &printed["status"]), (Some(0), &"pass".into()), "the file states its verdict");

    let runs = simulated(load(QUEUE, &settings.map(str::to_owned)));
    let mut pool = Histogram::default();
    runs.main.iter().for_each(|replica| pool.merge(&replica.recorder.sites[0].wait));
    let share = runs.main.iter().map(waited).sum::<f64>() / runs.main.len() as f64;
    let number = |path: &str| printed.pointer(path).and_then(serde_json::Value::as_f64).unwrap();
    let same = |path: &str, value: f64| assert!((number(path) / value - 1.0).abs() < 1e-9, "{path}: {value}");
    same("/hsm_wait_ms/mean/value", pool.mean().unwrap() / 1e6);
    same("/hsm_wait_ms/p99/value", pool.quantile(0.99).unwrap().nanoseconds() / 1e6);
    same("/hsm_waited/value", share);

    // M/M/4 at 0.8, as the file's first lines have it. The intervals printed are at 95 %; twice that is certain enough here.
    let station = Station { arrival_rate: 3200.0, mean_service: SERVICE, servers: 4 };
    let form = mmc(&station).unwrap();
    let near = |path: &str, exact: f64| {
        let (value, half) = (number(&format!("{path}/value")), number(&format!("{path}/half_width")));
        assert!((value - exact).abs() <= 2.0 * half && half < 0.1 * exact, "{path}: {value} +- {half}, not {exact}");
    };
    near("/hsm_wait_ms/mean", 1e3 * form.mean);
    near("/hsm_wait_ms/p99", 1e3 * form.quantile(0.99));
    near("/hsm_waited", form.probability);
    let text = std::fs::read_to_string(QUEUE).unwrap();
    for stated in [format!("{:.4} (Erlang C)", form.probability), format!("{:.4} ms on average", 1e3 * form.mean)] {
        assert!(text.contains(&stated), "the file's first lines no longer state {stated}");
    }
}
