//! What rests behind gates: tokens and limits, where there are tenants or limits.

use super::List;
use crate::kms::Badge::{Assumed, Published};
use crate::scenario::model::Scenario;
use crate::scenario::raw::RawScenario;

pub(super) fn list(raw: &RawScenario, scenario: &Scenario, list: &mut List) {
    let (model, written) = (&scenario.access, raw.tokens.unwrap_or_default());
    if !model.tenants.is_empty() {
        let why = (Published, "five minutes, as AWS signatures of requests: docs.aws.amazon.com, Signature Version 4");
        list.setting("tokens.life", model.tokens.life, written.life.is_some(), why);
        let every = model.tokens.rotate.map_or_else(|| "none".to_owned(), |every| every.to_string());
        list.setting("tokens.rotate", every, written.rotate.is_some(), (Assumed, "once a month"));
        let why = (Assumed, "a day to bring a new secret to every caller");
        list.setting("tokens.overlap", model.tokens.overlap, written.overlap.is_some(), why);
        let why = (Assumed, "gates ask every few seconds; a cloud KMS states up to five minutes");
        list.setting("tokens.spread", model.tokens.spread, written.spread.is_some(), why);
    }
    if raw.protection.is_some() || model.tenants.iter().any(|tenant| tenant.rate.is_some()) {
        let written = raw.protection.unwrap_or_default();
        let why = (Assumed, "a second's worth after a calm");
        list.setting("protection.burst", model.burst, written.burst.is_some(), why);
    }
}
