//! The order of the house: a module uses only modules that come before it in `src/lib.rs`, and some things are used in one
//! place only. The checker reads the sources themselves; the last tests show on made-up sources that it can find each breach.

use std::fs;
use std::path::{Path, PathBuf};

/// What may be used only where: the path's first segments, the places, and what is exempt.
struct Fence {
    path: &'static str,
    only: &'static [&'static str],
}

const CLOCKS: &[&str] = &["engine/pace.rs", "simulate/", "cli/run.rs"];

const FENCES: [Fence; 20] = [
    Fence { path: "cryptoki", only: &["hsm/pkcs11"] },
    Fence { path: "std::process", only: &["hsm/pkcs11"] },
    Fence { path: "polars", only: &["results/"] },
    Fence { path: "plotters", only: &["report/"] },
    Fence { path: "smartcore", only: &["forecast/"] },
    Fence { path: "clap", only: &["cli/"] },
    Fence { path: "indicatif", only: &["cli/"] },
    Fence { path: "signal_hook", only: &["cli/"] },
    Fence { path: "annotate_snippets", only: &["cli/", "scenario/diagnostic.rs"] },
    Fence { path: "ring::signature", only: &["audit/"] },
    Fence { path: "ring::aead", only: &["audit/"] },
    Fence { path: "ring::hkdf", only: &["audit/"] },
    Fence { path: "base64", only: &["audit/"] },
    Fence { path: "rayon", only: &["simulate/"] },
    Fence { path: "maxminddb", only: &["geo/"] },
    Fence { path: "std::time::Instant", only: CLOCKS },
    Fence { path: "std::time::SystemTime", only: CLOCKS },
    Fence { path: "rustix::time", only: CLOCKS },
    Fence { path: "std::thread", only: CLOCKS },
    Fence { path: "std::env", only: &["cli/"] },
];

/// An exit code is not a process.
const EXEMPT: [(&str, &str); 2] = [("main.rs", "std::process::ExitCode"), ("cli/exit.rs", "std::process::ExitCode")];

/// What comes before the vocabulary.
const GROUND: [&str; 7] = ["time", "rng", "units", "bucket", "stats", "queueing", "engine"];

/// What the real code can reach only through its effects.
const OUTSIDE: [&str; 9] =
    ["std::fs", "std::io", "std::net", "std::env", "std::process", "std::thread", "std::time", "rustix", "jiff"];

/// A source without comments, strings and characters.
fn code(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let at = |i: usize| bytes.get(i).copied().unwrap_or('\0');
    let (mut out, mut i) = (String::new(), 0);
    while i < bytes.len() {
        let raw = at(i) == 'r' && (at(i + 1) == '"' || at(i + 1) == '#') && !out.ends_with(is_word);
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < bytes.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                while i < bytes.len() {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            'r' if raw => {
                let hashes = (i + 1..).take_while(|j| at(*j) == '#').count();
                i += hashes + 2;
                let closes = |i: usize| at(i) == '"' && (1..=hashes).all(|j| at(i + j) == '#');
                while i < bytes.len() && !closes(i) {
                    i += 1;
                }
                i += hashes + 1;
                out.push_str("\"\"");
            }
            '"' => {
                i += 1;
                while i < bytes.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
                out.push_str("\"\"");
            }
            // A character and not a lifetime.
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => {
                i += if at(i + 1) == '\\' { 3 } else { 2 };
                while i < bytes.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
                out.push_str("' '");
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All paths of a source, groups written out: `use a::{b, c::d}` is `a::b` and `a::c::d`. One name alone counts after `use`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut rest, mut before) = (code, ' ');
    while let Some(c) = rest.chars().next() {
        if is_word(c) && !is_word(before) {
            let name = rest.find(|c| !is_word(c)).map_or(rest, |end| &rest[..end]);
            let after = &rest[name.len()..];
            if name == "use" {
                let end = after.find(';').unwrap_or(after.len());
                expand("", &after[..end], &mut found);
                (rest, before) = (&after[end..], ';');
            } else if after.starts_with("::") && !code[..code.len() - rest.len()].ends_with("::") {
                let end = after.find(|c| !is_word(c) && c != ':').unwrap_or(after.len());
                let path = rest[..name.len() + end].trim_end_matches(':');
                found.push(path.to_owned());
                (rest, before) = (&rest[path.len()..], 'a');
            } else {
                (rest, before) = (after, 'a');
            }
        } else {
            (rest, before) = (&rest[c.len_utf8()..], c);
        }
    }
    found
}

/// Writes out a tree of `use`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim().trim_start_matches("::");
    let Some(open) = tree.find('{') else {
        let name = tree.split(" as ").next().unwrap_or("").trim();
        if !name.is_empty() {
            let name = name.trim_end_matches("::self");
            found.push(if name == "self" {
                prefix.trim_end_matches("::").to_owned()
            } else {
                format!("{prefix}{name}")
            });
        }
        return;
    };
    let prefix = format!("{prefix}{}", tree[..open].trim());
    let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0, 0);
    for (i, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &inner[start..i], found);
                start = i + 1;
            }
            _ => {}
        }
    }
}

/// Whether a path reaches what a fence names: it goes there, or brings in a part of the way.
fn reaches(path: &str, fenced: &str) -> bool {
    let (path, fenced): (Vec<&str>, Vec<&str>) = (path.split("::").collect(), fenced.split("::").collect());
    let joint = path.iter().zip(&fenced).all(|(a, b)| a == b || *a == "*");
    joint && (path.len() >= fenced.len() || path.last() == Some(&"*") || path.len() > 1)
}

/// Whether a path is the crate's root itself: under another name, all of it could be reached unseen.
fn is_root(file: &str, path: &str) -> bool {
    let depth = file.trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
    path == "crate" || path.split("::").all(|part| part == "super") && path.split("::").count() >= depth
}

/// The module at the root that a path inside the crate names, if it does.
fn module<'a>(file: &str, path: &'a str) -> Option<&'a str> {
    let parts: Vec<&str> = path.split("::").collect();
    let ups = parts.iter().take_while(|part| **part == "super").count();
    let depth = file.trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
    match parts[..] {
        ["crate", name, ..] => Some(name),
        _ if ups >= depth => parts.get(ups).copied(),
        _ => None,
    }
}

/// The modules in the order of `src/lib.rs`.
fn order(lib: &str) -> Vec<String> {
    let name = |line: &str| line.trim().strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned);
    code(lib).lines().filter_map(name).collect()
}

/// What is wrong with a source, told in words.
fn breaches(order: &[String], file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = code(text);
    let own = file.split('/').next().unwrap_or(file).trim_end_matches(".rs");
    let place = |name: &str| order.iter().position(|known| known == name);
    let mut breach = |what: String| found.push(format!("src/{file}: {what}"));
    for path in paths(&code) {
        if let (Some(used), Some(mine)) = (module(file, &path), place(own)) {
            match place(used) {
                Some(there) if there > mine => breach(format!("{own} comes before {used}")),
                Some(_) if used == "service" && ["hsm", "store", "net", "load"].contains(&own) => {
                    breach(format!("{own} knows nothing of the service"));
                }
                Some(_) if own == "kms" && used != own && !GROUND.contains(&used) => {
                    breach(format!("the vocabulary stands on the ground alone, not on {used}"));
                }
                Some(_) => {}
                // A macro or an item at the crate's root would belong to no module.
                None => breach(format!("{path} is in no module of src/lib.rs")),
            }
        }
        if is_root(file, &path) {
            breach("the root of the crate is brought in whole".to_owned());
        }
        let exempt = EXEMPT.contains(&(file, &path));
        for fence in FENCES.iter().filter(|fence| !exempt && reaches(&path, fence.path)) {
            if !fence.only.iter().any(|place| file.starts_with(place)) {
                breach(format!("{} belongs into {}", fence.path, fence.only.join(", ")));
            }
        }
        if own == "service" && OUTSIDE.iter().any(|outside| reaches(&path, outside)) {
            breach(format!("the service cannot reach {path}: what is not in Effect cannot happen"));
        }
        if file == "main.rs" && path.starts_with("keyfleet::") && !path.starts_with("keyfleet::cli") {
            breach("the program only hands over to cli".to_owned());
        }
    }
    if code.contains(".unwrap()") {
        breach("unwrap".to_owned());
    }
    let prints = ["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdin()", "stdout()", "stderr()"];
    if own != "cli" && own != "main" && prints.iter().any(|print| code.contains(print)) {
        breach("only cli prints".to_owned());
    }
    if own == "world" && code.contains("dyn ") {
        breach("a world is cloned: no trait objects in it".to_owned());
    }
    if !text.starts_with("//!") {
        breach("no head that says what it is".to_owned());
    }
    if text.lines().count() > 500 {
        breach(format!("{} lines", text.lines().count()));
    }
    found
}

/// All sources: path below `src`, and text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_source_keeps_the_order_and_the_fences() {
    let sources = sources();
    let lib = &sources.iter().find(|(file, _)| file == "lib.rs").unwrap().1;
    let order = order(lib);
    assert_eq!(order.first().map(String::as_str), Some("time"));
    assert_eq!(order.last().map(String::as_str), Some("cli"));
    for (file, _) in &sources {
        let own = file.split('/').next().unwrap().trim_end_matches(".rs");
        assert!(["lib", "main"].contains(&own) || order.iter().any(|name| name == own), "{file} is not in src/lib.rs");
    }
    let found: Vec<String> = sources.iter().flat_map(|(file, text)| breaches(&order, file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn half_of_all_files_fit_on_a_few_screens() {
    let mut lines: Vec<usize> = sources().iter().map(|(_, text)| text.lines().count()).collect();
    lines.sort_unstable();
    assert!(lines[lines.len() / 2] < 200, "median {}", lines[lines.len() / 2]);
}

#[test]
fn the_checker_finds_each_breach() {
    let order: Vec<String> = ["time", "kms", "geo", "service", "hsm", "net", "results", "simulate", "report", "cli"]
        .map(str::to_owned)
        .into();
    let wrong = [
        ("kms/ids.rs", "use crate::service::Health;", "kms comes before service"),
        ("kms/ids.rs", "use crate::{time::Span, service::{Health, io}};", "kms comes before service"),
        ("kms.rs", "use super::report;", "kms comes before report"),
        ("kms/a/b.rs", "use super::super::super::cli::run;", "kms comes before cli"),
        ("kms/ids.rs", "fn f() -> crate::hsm::Hsm { todo() }", "kms comes before hsm"),
        ("hsm/sim.rs", "use crate::service::Health;", "hsm knows nothing of the service"),
        ("net/mod.rs", "fn f(h: &crate::service::Health) {}", "net knows nothing of the service"),
        ("geo/mod.rs", "use crate::helper;", "crate::helper is in no module"),
        ("geo/mod.rs", "use plotters::prelude::*;", "plotters belongs into report/"),
        ("geo/mod.rs", "fn f() { polars::df(); }", "polars belongs into results/"),
        ("hsm/sim.rs", "use cryptoki;", "cryptoki belongs into hsm/pkcs11"),
        ("report/mod.rs", "use std::{fmt, process::Command};", "std::process belongs into hsm/pkcs11"),
        ("report/mod.rs", "use std::process::ExitCode;", "std::process belongs into hsm/pkcs11"),
        ("cli/exit.rs", "use std::process::Command;", "std::process belongs into hsm/pkcs11"),
        ("geo/mod.rs", "fn f() { std::thread::spawn(g); }", "std::thread belongs into"),
        ("geo/mod.rs", "use std::time::{Duration, Instant};", "std::time::Instant belongs into"),
        ("geo/mod.rs", "use std::time; fn f() { time::Instant::now(); }", "std::time::Instant belongs into"),
        ("geo/mod.rs", "use std::time::*;", "std::time::SystemTime belongs into"),
        ("cli/check.rs", "use rustix::time::clock_gettime;", "rustix::time belongs into"),
        ("service/edge.rs", "use maxminddb::Reader;", "maxminddb belongs into geo/"),
        ("report/mod.rs", "use rayon::prelude::*;", "rayon belongs into simulate/"),
        ("cli/run.rs", "use ring::{aead::Aad, digest};", "ring::aead belongs into audit/"),
        ("report/mod.rs", "use clap::Args as Arguments;", "clap belongs into cli/"),
        ("service/mod.rs", "use std::fs;", "the service cannot reach std::fs"),
        ("geo/mod.rs", "fn f() { Some(1).unwrap(); }", "unwrap"),
        ("geo/mod.rs", "fn f() { println!(); }", "only cli prints"),
        ("main.rs", "use keyfleet::world::World;", "the program only hands over"),
        ("kms/ids.rs", "use crate as k; fn f(_: k::service::Health) {}", "the root of the crate"),
        ("kms/ids.rs", "use crate::{self as k};", "the root of the crate"),
        ("kms/ids.rs", "use super::super as root;", "the root of the crate"),
        ("geo/mod.rs", "fn f() { let _ = std::io::stderr().write(b\"x\"); }", "only cli prints"),
        ("world/mod.rs", "struct World { hsm: Box<dyn Hsm> }", "no trait objects"),
    ];
    for (file, text, expected) in wrong {
        let found = breaches(&order, file, &format!("//! Head.\n{text}\n"));
        assert!(found.iter().any(|breach| breach.contains(expected)), "{file}: {text}: {found:?}");
    }
    assert!(breaches(&order, "geo/mod.rs", "use crate::time::Span;")[0].contains("no head"));
    let long = format!("//! Head.\n{}", "\n".repeat(500));
    assert!(breaches(&order, "geo/mod.rs", &long)[0].contains("501 lines"));
}

#[test]
fn the_checker_lets_right_sources_pass() {
    let order: Vec<String> = ["time", "kms", "service", "hsm", "simulate", "cli"].map(str::to_owned).into();
    let right = [
        ("hsm/sim.rs", "use crate::{kms::Call, time::{Span, Time}}; use super::port::Job; use super::super::hsm::Hsm;"),
        ("hsm/sim.rs", "/// See [`crate::service::Effect`].\nfn f() {} // crate::cli"),
        (
            "hsm/sim.rs",
            "/* crate::cli /* use clap; */ use clap; */ const A: &str = \"use crate::cli; \\\" clap::Args\";",
        ),
        ("hsm/sim.rs", "const A: &str = r#\"crate::cli \" clap::Args\"#; const B: char = '\"'; fn f<'a>(a: &'a u8) {}"),
        ("hsm/pkcs11.rs", "use cryptoki::session::Session; use std::process::Command;"),
        ("simulate/mod.rs", "use rayon::prelude::*; use std::{sync::Arc, thread};"),
        ("cli/exit.rs", "use std::process::ExitCode;"),
        ("main.rs", "use std::process::ExitCode; fn main() -> ExitCode { keyfleet::cli::main() }"),
        ("kms/call.rs", "use std::time::Duration; fn f() { Some(1).unwrap_or(2); }"),
    ];
    for (file, text) in right {
        let found = breaches(&order, file, &format!("//! Head.\n{text}\n"));
        assert!(found.is_empty(), "{file}: {found:?}");
    }
}
