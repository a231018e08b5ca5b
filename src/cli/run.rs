//! `keyfleet run`: simulate, judge, report.

mod output;

use super::{Common, Exit, message, result};
use crate::audit::SealKey;
use crate::results::{self, Engine, OutOfPlace, RunDocument, Speed, Status};
use crate::scenario::{self, Scenario};
use crate::simulate::{self, Options, Told};
use crate::world::Blueprint;
use crate::{geo, report};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use output::{Format, Output, Outputs};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const EXAMPLES: &str = "Examples:
  keyfleet run first.toml                              results and report.html in out/first
  keyfleet run first.toml --set region.eu.hsms=3       the same with one more HSM at each site of eu
  keyfleet run first.toml --survey                     and what the loss of each component costs, ranked
  keyfleet run first.toml --format json | jq .verdict  the document on stdout; nothing is written
  keyfleet run first.toml --format junit=first.xml --format markdown=evidence.md
";

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Run {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for results and report [default: out/NAME; with --format json nothing is written unless given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is printed: text, json, junit or markdown [default: text]; with =FILE, which file has it besides (repeatable)
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = output::parse)]
    format: Vec<Output>,
    /// Threads; results do not depend on it [default: all processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Seal the audit log's segments with the 64 hexadecimal digits in this file, which only its owner may read, or in
    /// descriptor N with fd:N
    #[arg(long, value_name = "KEYFILE")]
    seal: Option<String>,
    /// Lose each component, and each group that one cause takes down together, once at its own peak, and rank what that costs
    #[arg(long)]
    survey: bool,
    /// An inconclusive objective fails, too
    #[arg(long)]
    strict: bool,
    /// Exit with 0 even when an objective fails
    #[arg(long)]
    exit_zero: bool,
}

impl Run {
    pub(super) fn run(&self, common: &Common) -> Exit {
        let loaded = match scenario::load(&self.file, &common.overrides()) {
            Ok(loaded) => loaded,
            Err(diagnostics) => {
                common.complain(&diagnostics);
                return Exit::from(&diagnostics);
            }
        };
        common.complain(&loaded.warnings);
        // Before the simulation: it is not to be for nothing.
        let outputs = match Outputs::new(&self.format) {
            Ok(outputs) => outputs,
            Err(error) => {
                message(&format!("keyfleet: {error}\n"));
                return Exit::Usage;
            }
        };
        let out = match (&self.out, outputs.printed) {
            (Some(out), _) => Some(out.clone()),
            (None, Format::Text) => Some(Path::new("out").join(&loaded.scenario.name)),
            (None, Format::Json | Format::Junit | Format::Markdown) => None,
        };
        if self.seal.is_some() && out.is_none() {
            message("keyfleet: --seal seals what is written, and nothing is: give --out, too\n");
            return Exit::Usage;
        }
        // Read before the simulation: whatever happens to the files meanwhile, the results hold what was simulated.
        let out = out.map(|folder| {
            let mut histories = histories(&self.file, &loaded.scenario.resolved)?;
            histories.extend(inventories(&loaded.scenario));
            let seal = self.seal.as_deref().map(SealKey::read).transpose();
            let seal = seal.map_err(|error| format!("the key that seals the audit log: {error}"))?;
            Ok(Out { folder, histories, seal })
        });
        match out.transpose().and_then(|out| self.simulate(common, loaded.scenario, (out.as_ref(), &outputs))) {
            Ok(exit) => exit,
            Err(error) => {
                message(&format!("keyfleet: {error}\n"));
                Exit::Internal
            }
        }
    }

    fn simulate(
        &self,
        common: &Common,
        scenario: Scenario,
        (out, outputs): (Option<&Out>, &Outputs),
    ) -> Result<Exit, String> {
        let signal = Signal::watch().map_err(|error| format!("cannot watch for signals: {error}"))?;
        let jobs = self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        let progress = progress_bar(common.quiet);
        let told = |told: Told| match told {
            Told::More(n) => progress.inc_length(n),
            Told::Done(n) => progress.inc(n),
        };
        let before = (cpu_s(), wall_s());
        let scenario = Arc::new(scenario);
        let blueprint = Blueprint::new(Arc::clone(&scenario));
        let options = Options { jobs, stop: &signal.stop, told: &told };
        let simulate = if self.survey { simulate::survey } else { simulate::simulate };
        let mut runs = simulate(&blueprint, options).map_err(|error| format!("cannot start threads: {error}"))?;
        progress.finish_and_clear();
        if runs.main.is_empty() {
            message("keyfleet: interrupted before the first replication was done; nothing was written\n");
            return Ok(signal.exit());
        }
        let mut document = results::document(&scenario, &runs);
        let work = results::work(&runs);
        document.speed = Some(Speed {
            events: work.events,
            requests: work.requests,
            cpu_s: cpu_s() - before.0,
            wall_s: wall_s() - before.1,
        });
        document.engine = Some(engine());
        if let Some(out) = out {
            // An interrupted run may have other replications, and not the one that is logged.
            let ledger = runs.main[0].ledger.take().map(Arc::unwrap_or_clone);
            let signer = results::signer(&scenario, &runs);
            let log = ledger.map(|ledger| ledger.files(&signer, out.seal.as_ref())).unwrap_or_default();
            write(out, (&scenario, &document), &results::replication_rows(&scenario, &runs), log, jobs)?;
        }
        outputs.write(&stored(&document), self.strict)?;
        self.print(common, &document, (out.map(|out| out.folder.as_path()), outputs))?;
        if let Some(first) = document.out_of_place.first() {
            return Err(breach(first));
        }
        Ok(if document.interrupted { signal.exit() } else { self.verdict(document.status) })
    }

    fn print(
        &self,
        common: &Common,
        document: &RunDocument,
        (out, outputs): (Option<&Path>, &Outputs),
    ) -> Result<(), String> {
        match outputs.printed {
            Format::Text if common.quiet => {
                result(&report::failures(document, self.strict));
            }
            format => {
                let report = out.map(|out| out.join("report.html").display().to_string());
                result(&output::printed(format, document, (self.strict, common.colored()), report.as_deref())?);
            }
        }
        if document.interrupted {
            let cases = document.survive.len() + document.survive_missing.len();
            message(&format!(
                "keyfleet: interrupted; done: replications {}, survive cases {} of {cases}\n",
                document.replications,
                document.survive.len()
            ));
        }
        if let (Some(out), false) = (out, common.quiet) {
            message(&format!("report: {}\n", out.join("report.html").display()));
        }
        if !common.quiet {
            outputs.files().for_each(|file| message(&format!("wrote {}\n", file.display())));
        }
        Ok(())
    }

    fn verdict(&self, status: Status) -> Exit {
        match status {
            Status::Fail if !self.exit_zero => Exit::Failed,
            Status::Inconclusive if self.strict && !self.exit_zero => Exit::Failed,
            _ => Exit::Ok,
        }
    }
}

/// What residency forbids and the program did all the same, step by step.
fn breach(found: &OutOfPlace) -> String {
    format!(
        "internal error: key {} of {} was used at {}, where it may not be ({}): asked for by {} at {} s, attempt {} reached {} at {} s",
        found.key,
        found.home,
        found.region,
        found.run,
        found.population,
        found.asked_s,
        found.attempt,
        found.site,
        found.reached_s
    )
}

/// Where results go, and what goes there unchanged.
struct Out {
    folder: PathBuf,
    histories: BTreeMap<String, Vec<u8>>,
    /// What the audit log is sealed with.
    seal: Option<SealKey>,
}

/// What of a document is kept: nothing of the machine.
fn stored(document: &RunDocument) -> RunDocument {
    RunDocument { speed: None, engine: None, ..document.clone() }
}

/// Writes the results folder: everything but `run-info.json` depends on scenario and seed alone.
fn write(
    out: &Out,
    (scenario, document): (&Scenario, &RunDocument),
    rows: &[results::tables::ReplicationRow],
    log: Vec<(String, Vec<u8>)>,
    jobs: usize,
) -> Result<(), String> {
    let stored = stored(document);
    let mut folder = results::Folder::new();
    folder.add("results.json", results::json::write(&stored).map_err(|error| error.to_string())?);
    folder.add("scenario.toml", scenario.resolved.clone().into_bytes());
    for (name, bytes) in log {
        folder.add(format!("audit/{name}"), bytes);
    }
    for (name, bytes) in &out.histories {
        folder.add(name.as_str(), bytes.clone());
    }
    folder.add("replications.parquet", results::tables::replications(rows).map_err(|error| error.to_string())?);
    for (name, bytes) in results::tables::tables(&stored).map_err(|error| error.to_string())? {
        folder.add(name, bytes);
    }
    for (name, bytes) in report::files(&stored, geo::land()) {
        folder.add(name, bytes);
    }
    let info = serde_json::json!({
        "command": std::env::args().collect::<Vec<_>>(),
        "interrupted": document.interrupted,
        "jobs": jobs,
        "speed": document.speed,
        "engine": document.engine,
    });
    folder.add("run-info.json", format!("{info:#}\n").into_bytes());
    folder.write(&out.folder).map_err(|error| format!("cannot write {}: {error}", out.folder.display()))
}

/// The load histories and the database of countries that the resolved scenario of `file` names, by their path below its folder. They lie at the same
/// path below the results, so that the `scenario.toml` there can be run as it is.
fn histories(file: &Path, resolved: &str) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let scenario: toml::Table =
        resolved.parse().map_err(|error| format!("the resolved scenario is no TOML: {error}"))?;
    let below = |value: &toml::Value, key: &str| value.get(key).and_then(toml::Value::as_table).cloned();
    let scenario = toml::Value::Table(scenario);
    let loads = below(&scenario, "load").unwrap_or_default();
    let named = loads.values().filter_map(|load| below(load, "history")).flatten();
    let database = below(&scenario, "location").into_iter().flatten().filter(|(key, _)| key == "database");
    let named = named.chain(database);
    let (beside, mut found) = (file.parent().unwrap_or_else(|| Path::new("")), BTreeMap::new());
    for name in named.filter_map(|(_, name)| name.as_str().map(str::to_owned)) {
        let path = lexical(&name);
        let bytes = std::fs::read(beside.join(&path));
        let bytes = bytes.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        found.insert(path.to_string_lossy().into_owned(), bytes);
    }
    Ok(found)
}

/// The inventories of keys that a scenario names, as [`histories`] has its files: without the names of keys and owners, which
/// are nobody's business who reads results.
fn inventories(scenario: &Scenario) -> impl Iterator<Item = (String, Vec<u8>)> {
    let regions: Vec<&str> = scenario.regions.iter().map(|region| region.id.as_str()).collect();
    let listed = scenario.keys.iter().filter_map(|class| class.listed.as_ref());
    listed.map(move |listed| {
        (lexical(&listed.file).to_string_lossy().into_owned(), listed.nameless(&regions).into_bytes())
    })
}

/// The path without `.` and `..`, as scenarios read theirs.
fn lexical(name: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(part) => path.push(part),
            _ => {}
        }
    }
    path
}

fn engine() -> Engine {
    let commit = env!("KEYFLEET_COMMIT");
    Engine { version: env!("CARGO_PKG_VERSION").to_owned(), commit: (!commit.is_empty()).then(|| commit.to_owned()) }
}

/// A bar on stderr, when that is a terminal; it appears when the work takes longer than a second.
fn progress_bar(quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(2));
    let style = ProgressStyle::with_template("simulating {wide_bar} {percent} %, {eta} to go");
    bar.set_style(style.expect("the template is valid"));
    bar
}

/// Ctrl-C and SIGTERM: what is done is saved.
struct Signal {
    stop: Arc<AtomicBool>,
    code: Arc<AtomicUsize>,
}

impl Signal {
    fn watch() -> std::io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let new = Self { stop: Arc::new(AtomicBool::new(false)), code: Arc::new(AtomicUsize::new(0)) };
        for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
            // A second signal ends the program at once.
            signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&new.stop))?;
            signal_hook::flag::register(signal, Arc::clone(&new.stop))?;
            signal_hook::flag::register_usize(signal, Arc::clone(&new.code), code as usize)?;
        }
        Ok(new)
    }

    fn exit(&self) -> Exit {
        if self.code.load(Ordering::Relaxed) == 143 { Exit::Terminated } else { Exit::Interrupted }
    }
}

fn cpu_s() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

fn wall_s() -> f64 {
    seconds(ClockId::Monotonic)
}

fn seconds(clock: ClockId) -> f64 {
    let now = clock_gettime(clock);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
