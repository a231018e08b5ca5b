//! Finds the HSM profiles that a scenario names: its own, shipped ones, and files in its folder.

use super::Context;
use crate::geo;
use crate::hsm::{Profile, RawProfile};
use crate::scenario::diagnostic::Code;
use crate::scenario::model::NamedProfile;
use crate::scenario::{de, tree};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The profiles in use, in the order they were first asked for.
pub(in crate::scenario) struct Shelf {
    pub(in crate::scenario) profiles: Vec<NamedProfile>,
    /// As written, by the id in `profiles`, for the resolved scenario.
    pub(in crate::scenario) raw: BTreeMap<String, RawProfile>,
    /// The scenario's own; nothing where one has errors, which were reported.
    own: BTreeMap<String, Option<Arc<Profile>>>,
}

impl Shelf {
    /// Checks the scenario's own profiles, used or not.
    pub(super) fn new(context: &mut Context<'_>) -> Self {
        let raw = context.raw;
        let mut own = BTreeMap::new();
        for (id, raw) in &raw.profile {
            let profile = match Profile::from_raw(named(raw, id)) {
                Ok(profile) => Some(Arc::new(profile)),
                Err(errors) => {
                    for error in errors {
                        let path: Vec<&str> = ["profile", id].into_iter().chain(error.key.split('.')).collect();
                        context.error(Code::WrongValue, &path, error.reason);
                        if let Some(suggestion) = error.suggestion {
                            context.help(suggestion);
                        }
                    }
                    None
                }
            };
            own.insert(id.clone(), profile);
        }
        for id in context.defined("profile") {
            own.entry(id.to_owned()).or_insert(None);
        }
        Self { profiles: Vec::new(), raw: BTreeMap::new(), own }
    }

    /// The index of the profile `name`, which the value under `path` asks for.
    pub(super) fn index(&mut self, context: &mut Context<'_>, name: &str, path: &[&str]) -> Option<usize> {
        let id = name.strip_suffix(".toml").map_or_else(|| name.to_owned(), id_of_file);
        if let Some(known) = self.profiles.iter().position(|known| known.id == id) {
            return Some(known);
        }
        let (profile, raw) = if let Some(own) = self.own.get(name) {
            (own.clone()?, named(context.raw.profile.get(name)?, name))
        } else if let Some(text) = geo::profile(name) {
            read(text).inspect_err(|reason| refuse(context, path, name, reason)).ok()?
        } else if name.ends_with(".toml") {
            if self.own.contains_key(&id) {
                let reason = format!("the file \"{name}\" has the same name as [profile.{id}]");
                context.error(Code::Conflict, path, reason);
                return None;
            }
            match context.folder.read(Path::new(""), name, "toml") {
                Ok((_, text)) => read(&text).inspect_err(|reason| refuse(context, path, name, reason)).ok()?,
                Err(reason) => {
                    context.error(Code::File, path, reason);
                    return None;
                }
            }
        } else {
            let known: Vec<String> = self.own.keys().cloned().chain(geo::profile_ids().map(str::to_owned)).collect();
            context.unknown("HSM profile", name, path, known.iter().map(String::as_str));
            return None;
        };
        self.raw.insert(id.clone(), raw);
        self.profiles.push(NamedProfile { id, profile });
        Some(self.profiles.len() - 1)
    }
}

/// A profile without a name is called by its id.
fn named(raw: &RawProfile, id: &str) -> RawProfile {
    RawProfile { name: raw.name.clone().or_else(|| Some(id.to_owned())), ..raw.clone() }
}

/// The name of a file made into an id.
fn id_of_file(stem: &str) -> String {
    let stem = stem.rsplit('/').next().unwrap_or(stem).to_ascii_lowercase();
    stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn refuse(context: &mut Context<'_>, path: &[&str], name: &str, reason: &str) {
    context.error(Code::WrongValue, path, format!("the profile \"{name}\" is wrong: {reason}"));
}

/// A profile from its own file; the first error as line, key and reason, without quoting the file.
fn read(text: &str) -> Result<(Arc<Profile>, RawProfile), String> {
    let line = |byte: usize| text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1;
    let first = |faults: Vec<tree::Fault>| faults.into_iter().next().map(|(place, why)| (line(place.start), why));
    let table = tree::parse(0, text).map_err(|faults| match first(faults) {
        Some((line, why)) => format!("line {line}: {why}"),
        None => "it is not TOML".into(),
    })?;
    let raw: RawProfile = de::from_table(&table).map_err(|error| {
        let place = error.place.map_or_else(String::new, |place| format!("line {}: ", line(place.start)));
        format!("{place}{}: {error}", tree::dotted(&error.path))
    })?;
    match Profile::from_raw(raw.clone()) {
        Ok(profile) => Ok((Arc::new(profile), raw)),
        Err(errors) => Err(errors.first().map_or_else(String::new, |e| format!("{}: {}", e.key, e.reason))),
    }
}
