//! Finds the HSM profiles that a scenario names: its own, shipped ones, and files in its folder.

use super::Context;
use super::context::place_in;
use crate::geo;
use crate::hsm::{Profile, ProfileError, RawProfile};
use crate::scenario::diagnostic::{Code, Diagnostic};
use crate::scenario::model::NamedProfile;
use crate::scenario::source::Place;
use crate::scenario::{de, peel, suggest, tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The profiles in use, in the order they were first asked for.
pub(in crate::scenario) struct Shelf {
    pub(in crate::scenario) profiles: Vec<NamedProfile>,
    /// As written, by the id in `profiles`, for the resolved scenario.
    pub(in crate::scenario) raw: BTreeMap<String, RawProfile>,
    /// The scenario's own; nothing where one has errors, which were reported.
    own: BTreeMap<String, Option<Arc<Profile>>>,
    /// Files that have errors, which were reported.
    broken: BTreeSet<String>,
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
        Self { profiles: Vec::new(), raw: BTreeMap::new(), own, broken: BTreeSet::new() }
    }

    /// Whether each profile that the scenario names could be read.
    pub(super) fn is_whole(&self) -> bool {
        self.broken.is_empty() && self.own.values().all(Option::is_some)
    }

    /// The algorithms that the scenario's own profiles and files name, in any order.
    pub(super) fn algorithms(&self) -> impl Iterator<Item = &str> {
        let profiles = self.own.values().flatten().chain(self.profiles.iter().map(|named| &named.profile));
        profiles.flat_map(|profile| profile.algorithms())
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
            shipped(text)
        } else if name.ends_with(".toml") {
            if self.own.contains_key(&id) {
                let reason = format!("the file \"{name}\" has the same name as [profile.{id}]");
                context.error(Code::Conflict, path, reason);
                return None;
            }
            if self.broken.contains(name) {
                return None;
            }
            let read =
                context.folder.read(Path::new(""), name, "toml").map(|(_, text)| from_file(context, name, &text));
            match read {
                Ok(Some(read)) => read,
                Ok(None) => {
                    self.broken.insert(name.to_owned());
                    return None;
                }
                Err(reason) => {
                    self.broken.insert(name.to_owned());
                    context.error(Code::File, path, reason);
                    return None;
                }
            }
        } else {
            let known: Vec<String> = self.own.keys().cloned().chain(geo::profile_ids().map(str::to_owned)).collect();
            let known = known.iter().map(String::as_str);
            context.unknown("HSM profile", name, path, known.clone());
            context.suggest(suggest::help_with_list(name, known));
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

/// A shipped profile.
fn shipped(text: &str) -> (Arc<Profile>, RawProfile) {
    let table = tree::parse(0, text).expect("a test reads the shipped profiles");
    let raw: RawProfile = de::from_table(&table).expect("a test reads the shipped profiles");
    (Arc::new(Profile::from_raw(raw.clone()).expect("a test reads the shipped profiles")), raw)
}

/// A profile from the file `name`; all that is wrong with it is reported at its place there.
fn from_file(context: &mut Context<'_>, name: &str, text: &str) -> Option<(Arc<Profile>, RawProfile)> {
    let source = context.file(name, text);
    let table = match tree::parse(source, text) {
        Ok(table) => table,
        Err(faults) => {
            let said = faults.into_iter().map(|(place, reason)| peel::at(Code::Syntax, Some(place), &[], reason));
            context.found.extend(said);
            return None;
        }
    };
    let mut found = Vec::new();
    let (raw, broken) = peel::peel::<RawProfile>(&mut table.clone(), false, &mut found);
    let checked = raw.map(|raw| (Profile::from_raw(raw.clone()), raw));
    let mut errors = checked.iter().filter_map(|(checked, _)| checked.as_ref().err()).flatten().cloned().collect();
    if !table.contains_key("format") {
        let (key, reason, fix) = ("format".to_owned(), "is missing".to_owned(), "write format = 1".to_owned());
        Vec::push(&mut errors, ProfileError { key, reason, suggestion: Some(fix), span: None });
    }
    for error in errors.into_iter().filter(|error| !peel::about(&broken, &error.key)) {
        let path: Vec<&str> = error.key.split('.').collect();
        let place = place_in(&table, &path).unwrap_or(Place { source, start: 0, end: 0 });
        let owned: Vec<String> = path.into_iter().map(str::to_owned).collect();
        let said = peel::at(Code::WrongValue, Some(place), &owned, error.reason);
        found.push(Diagnostic { suggestion: error.suggestion, ..said });
    }
    let right = found.is_empty();
    context.found.extend(found);
    checked.filter(|_| right).and_then(|(checked, raw)| Some((Arc::new(checked.ok()?), raw)))
}
