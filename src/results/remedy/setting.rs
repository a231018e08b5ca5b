//! Settings as `--set` takes them, and where in a scenario a figure of a pool stands.

use crate::kms::SiteId;
use crate::scenario::Scenario;
use std::fmt;

/// A key of the scenario and its new value, as TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    path: String,
    value: String,
}

impl Setting {
    /// A number, a list, a word of TOML.
    pub(super) fn plain(path: String, value: impl ToString) -> Self {
        Self { path, value: value.to_string() }
    }

    /// A text.
    pub(super) fn text(path: String, value: &str) -> Self {
        Self { path, value: format!("\"{value}\"") }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path, self.value)
    }
}

/// The table that says `key` of a site: its own where the region names its sites, else the region's, which is for all of them.
pub(super) fn of_site(scenario: &Scenario, site: SiteId, key: &str) -> String {
    let id = &scenario.sites[site.index()].id;
    let (region, name) = id.split_once('.').unwrap_or((id, ""));
    let resolved: toml::Table = scenario.resolved.parse().unwrap_or_default();
    let named = resolved.get("region").and_then(|regions| regions.get(region)?.get("site")?.get(name));
    match named {
        Some(_) => format!("region.{region}.site.{name}.{key}"),
        None => format!("region.{region}.{key}"),
    }
}

/// A rate that is round: two significant digits, upwards.
pub(super) fn round_up(rate: f64) -> f64 {
    let mut unit = 1.0;
    while rate / unit > 100.0 {
        unit *= 10.0;
    }
    libm::ceil(rate / unit - 1e-9) * unit
}

/// Whole seconds, or tenths below ten, downwards, as TOML has durations.
pub(super) fn seconds_down(s: f64) -> String {
    let tenths = libm::floor(s * 10.0 + 1e-9);
    if s >= 10.0 || tenths % 10.0 == 0.0 {
        format!("{} s", libm::floor(s + 1e-9))
    } else {
        format!("{} ms", tenths * 100.0)
    }
}
