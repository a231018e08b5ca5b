//! Tenants, tokens and protection written out; nothing where there are no tenants and no limits.

use crate::scenario::model::Scenario;
use crate::scenario::raw::*;
use crate::service::Priority;
use crate::time::Span;
use crate::units::{Duration, Rate};

pub(super) fn access(full: &mut RawScenario, scenario: &Scenario) {
    let model = &scenario.access;
    let limit = |rate: Option<f64>| match rate.map(Rate::new) {
        Some(rate) => Word::Else(rate),
        None => Word::Is(Nothing::None),
    };
    for (tenant, checked) in full.tenant.values_mut().zip(&model.tenants) {
        tenant.priority = Some(match checked.priority {
            Priority::Low => RawPriority::Low,
            Priority::Normal => RawPriority::Normal,
            Priority::High => RawPriority::High,
        });
        tenant.rate.get_or_insert(limit(checked.rate));
    }
    for rule in full.rule.values_mut() {
        rule.deny.get_or_insert(false);
    }
    if !model.tenants.is_empty() {
        full.tokens = Some(RawTokens {
            life: Some(Duration(model.tokens.life)),
            rotate: Some(model.tokens.rotate.map_or(Word::Is(Nothing::None), |every| Word::Else(Duration(every)))),
            overlap: Some(Duration(model.tokens.overlap)),
            spread: Some(Duration(model.tokens.spread)),
            proof: Some(if model.tokens.computed { RawProof::Computed } else { RawProof::Modelled }),
        });
    }
    if let Some(protection) = &mut full.protection {
        let [low, normal, high] = model.patience.map(|span| (span < Span::MAX).then_some(Duration(span)));
        protection.origin.get_or_insert(limit(model.origin));
        protection.burst = Some(Duration(model.burst));
        if protection.shed.is_some() {
            protection.shed = Some(RawShed { low, normal, high });
        }
    }
    for fault in full.fault.values_mut().filter(|fault| fault.kind == RawKind::Flood) {
        fault.with.get_or_insert_default();
    }
}
