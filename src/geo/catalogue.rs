//! The embedded texts and prices that other modules parse or pay by: HSM profiles, shapes of demand, list prices. Does not know
//! the format of profiles and shapes: `hsm` and `load` do.

use std::sync::LazyLock;

use super::country::country;
use super::place::Place;
use super::table;
use crate::kms::Badge;

/// Every shipped HSM profile by id, sorted.
const PROFILES: [(&str, &str); 14] = [
    ("aws-kms", include_str!("../../datasets/profiles/aws-kms.toml")),
    ("azure-cloud-hsm", include_str!("../../datasets/profiles/azure-cloud-hsm.toml")),
    ("azure-key-vault", include_str!("../../datasets/profiles/azure-key-vault.toml")),
    ("azure-managed-hsm", include_str!("../../datasets/profiles/azure-managed-hsm.toml")),
    ("cloudhsm-hsm1", include_str!("../../datasets/profiles/cloudhsm-hsm1.toml")),
    ("cloudhsm-hsm2m", include_str!("../../datasets/profiles/cloudhsm-hsm2m.toml")),
    ("gcp-kms-hsm", include_str!("../../datasets/profiles/gcp-kms-hsm.toml")),
    ("ibm-hpcs", include_str!("../../datasets/profiles/ibm-hpcs.toml")),
    ("luna-a700", include_str!("../../datasets/profiles/luna-a700.toml")),
    ("luna-a790", include_str!("../../datasets/profiles/luna-a790.toml")),
    ("nshield-5c-mid", include_str!("../../datasets/profiles/nshield-5c-mid.toml")),
    ("payshield-10k", include_str!("../../datasets/profiles/payshield-10k.toml")),
    ("softhsm2", include_str!("../../datasets/profiles/softhsm2.toml")),
    ("yubihsm2", include_str!("../../datasets/profiles/yubihsm2.toml")),
];

/// A list price.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// `aws.cloudhsm.hour`, `transfer.aws.EU`, ...
    pub id: &'static str,
    /// What is sold.
    pub item: &'static str,
    /// What the price is for: `HSM-hour`, `key-month`, `10k operations`, `GB`, ...
    pub unit: &'static str,
    /// US dollars per unit, without tax or discount.
    pub usd: f64,
    /// Where it was read.
    pub source: &'static str,
    /// When, `YYYY-MM-DD`.
    pub as_of: &'static str,
    /// How far to believe it.
    pub badge: Badge,
}

static PRICES: LazyLock<Vec<Price>> = LazyLock::new(|| {
    table::rows(include_str!("../../datasets/prices.csv"), |[id, item, unit, usd, source, as_of, badge]| {
        Some(Price { id, item, unit, usd: usd.parse().ok()?, source, as_of, badge: table::badge(badge)? })
    })
});

/// The TOML text of a shipped HSM profile.
#[must_use]
pub fn profile(id: &str) -> Option<&'static str> {
    PROFILES.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
}

/// The ids of all shipped HSM profiles, sorted.
pub fn profile_ids() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(id, _)| *id)
}

/// The TOML text of the shipped shapes of demand: tables `[shape.NAME]`.
#[must_use]
pub const fn shapes() -> &'static str {
    include_str!("../../datasets/shapes.toml")
}

/// All list prices.
#[must_use]
pub fn prices() -> &'static [Price] {
    &PRICES
}

/// What a gigabyte costs that leaves `from` for another region: the price of the region, else of its provider on that
/// continent, else of Internet egress there (which is also the price at places of no provider).
#[must_use]
pub fn transfer_price(from: &Place) -> Option<&'static Price> {
    let continent = country(&from.country)?.continent;
    let region = from.id.split_once(':').map_or("", |(_, region)| region);
    let ids = [
        format!("transfer.{}.{region}", from.provider),
        format!("transfer.{}.{continent}", from.provider),
        format!("internet.{continent}"),
    ];
    ids.iter().find_map(|id| PRICES.iter().find(|price| price.id == id))
}
