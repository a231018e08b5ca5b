//! From the merged tree to a checked scenario: ids, then serde, then meaning.

use super::check::{self, Context};
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::files::Merged;
use super::peel::{about, at, peel, placeholder};
use super::raw::RawScenario;
use super::tree::{KeyPath, Node, Table, Value};
use super::{Loaded, Scenario, complete, de, resolve};
use toml::value::{Date, Datetime};

/// The version of the language.
const FORMAT: i64 = 1;
/// The default of `start`. Never "today": holidays, daylight saving, growth and key ages would change from day to day.
const START: Datetime = Datetime { date: Some(Date { year: 2027, month: 3, day: 1 }), time: None, offset: None };
/// Tables whose keys are ids.
const NAMED: [&str; 10] =
    ["profile", "region", "key", "load", "event", "fault", "objective", "custodians", "ceremony", "drill"];

pub(super) fn read(merged: Merged, stem: &str) -> Result<Loaded, Diagnostics> {
    let Merged { table, folder, mut diagnostics, partial } = merged;
    if table.is_empty() {
        if !partial {
            let reason = "the scenario is empty".to_owned();
            let help = "begin with `format = 1`, or let `keyfleet init FILE` write one to start from".to_owned();
            diagnostics.list.push(Diagnostic { suggestion: Some(help), ..at(Code::Format, None, &[], reason) });
        }
        return Err(diagnostics);
    }
    let mut tree = table.clone();
    if !format(&mut tree, &mut diagnostics) {
        return Err(diagnostics);
    }
    ids(&table, &mut diagnostics.list);
    let (raw, broken) = peel::<RawScenario>(&mut tree, partial, &mut diagnostics.list);
    let Some(mut raw) = raw.filter(|_| !partial) else {
        diagnostics.sort();
        return Err(diagnostics);
    };
    raw.name.get_or_insert_with(|| stem.to_owned());
    let start = check::unix_seconds(raw.start.get_or_insert(START));
    let mut context = Context {
        raw: &raw,
        table: &table,
        broken: &broken,
        folder: &folder,
        sources: &diagnostics.sources,
        start: *start.as_ref().unwrap_or(&0),
        run: raw.run.span(),
        found: Vec::new(),
        files: Vec::new(),
        histories: Default::default(),
        stocks: Default::default(),
    };
    if let Err(reason) = start {
        context.error(Code::WrongValue, &["start"], reason);
    }
    let checked = check::check(&mut context);
    let Context { found, files, histories, .. } = context;
    let own = diagnostics.sources.len();
    let elsewhere = |d: &Diagnostic| d.place.is_some_and(|place| place.source >= own);
    diagnostics.list.extend(found.into_iter().filter(|d| elsewhere(d) || !about(&broken, &d.path)));
    diagnostics.sources.extend(files);
    diagnostics.sort();
    match checked {
        Some((scenario, shelf)) if !diagnostics.has_errors() => {
            let full = complete::complete(&raw, &scenario, shelf.raw);
            let resolved = resolve::text(&full, &histories);
            let annotated = resolve::annotated(&resolved, &table, &diagnostics.sources);
            let digest = resolve::sha256(&resolved);
            Ok(Loaded { scenario: Scenario { resolved, digest, ..scenario }, warnings: diagnostics, annotated })
        }
        _ => Err(diagnostics),
    }
}

/// Whether the scenario is written in a format that can be read; puts the right one in place where it is missing.
fn format(tree: &mut Table, diagnostics: &mut Diagnostics) -> bool {
    let path = ["format".to_owned()];
    match tree.get("format").map(|entry| &entry.node) {
        Some(Node { value: Value::Integer(FORMAT), .. }) => true,
        Some(Node { value, place }) => {
            let reason = format!("expected format {FORMAT}, found {}", de::describe(value));
            let help = Some(format!("this keyfleet reads scenarios that begin with `format = {FORMAT}`"));
            diagnostics.list.push(Diagnostic { suggestion: help, ..at(Code::Format, Some(*place), &path, reason) });
            false
        }
        None => {
            let help = Some(format!("begin the file with `format = {FORMAT}`"));
            let reason = "the key \"format\" is missing".to_owned();
            diagnostics.list.push(Diagnostic { suggestion: help, ..at(Code::Format, None, &path, reason) });
            tree.insert("format".into(), placeholder(Value::Integer(FORMAT)));
            true
        }
    }
}

/// Reports ids with characters that do not belong in one.
fn ids(table: &Table, found: &mut Vec<Diagnostic>) {
    let mut check = |path: &[&str], inner: &Table| {
        for (id, entry) in inner {
            let right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !id.is_empty() && id.len() <= 40 && id.chars().all(right) {
                continue;
            }
            let reason = format!("\"{id}\" is no id: use a-z, 0-9 and -, at most 40 characters");
            let full: KeyPath = path.iter().copied().chain([id.as_str()]).map(str::to_owned).collect();
            let better: String = id.to_lowercase().chars().map(|c| if right(c) { c } else { '-' }).take(40).collect();
            let help = (!better.is_empty()).then(|| format!("for example \"{better}\""));
            found.push(Diagnostic { suggestion: help, ..at(Code::BadId, Some(entry.key), &full, reason) });
        }
    };
    for name in NAMED {
        let Some(Value::Table(inner)) = table.get(name).map(|entry| &entry.node.value) else { continue };
        check(&[name], inner);
        for (region, entry) in inner.iter().filter(|_| name == "region") {
            let Value::Table(keys) = &entry.node.value else { continue };
            if let Some(Value::Table(sites)) = keys.get("site").map(|entry| &entry.node.value) {
                check(&[name, region, "site"], sites);
            }
        }
    }
}
