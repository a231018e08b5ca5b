//! What an auditor would question in an inventory: keys too weak, used too long or for too much, and copies too few. Each finding
//! is a sentence with the rule it goes by; none of them says that a run would go wrong.

use super::standard::{LATER_BITS, LEAST_BITS, RECOVERY, STRONGER_FROM};
use super::{Class, KeyType};
use crate::results::number;
use crate::service::Rotate;
use crate::time::Span;

/// Operations under one AES-GCM key with random nonces (NIST SP 800-38D §8.3).
const GCM_USES: f64 = 4_294_967_296.0;

/// Findings about a class; `last_use` are the Unix seconds at which its last key ends protecting, nothing where none does.
pub(super) fn of(class: &Class, rotate: Option<Rotate>, last_use: Option<i64>) -> Vec<String> {
    let mut found: Vec<String> = strength(class, last_use).into_iter().collect();
    if is_triple_des(class) {
        found.push(
            "triple DES may open what it protected, and since 2024 protect nothing (SP 800-131A Rev. 2 §2, table 1)"
                .to_owned(),
        );
    }
    found.extend(purposes(class));
    found.extend(period(class, rotate));
    found.extend(rotate.and_then(|rotate| recovery(class, rotate)));
    found.extend(uses(class));
    let overdue: u64 = class.homes.iter().map(|home| home.overdue).sum();
    match overdue {
        0 => {}
        1 => found.push("1 of its keys is past its cryptoperiod".to_owned()),
        _ => found.push(format!("{} of its keys are past their cryptoperiod", number::count(overdue))),
    }
    if class.copies + class.partner_copies + class.escrow_copies < 2 {
        found.push("only one copy of each key: what it protects is lost with a site".to_owned());
    }
    found
}

/// Strength is not all that counts: triple DES is disallowed for its blocks of 64 bits, too, and with it SP 800-67 withdrawn.
fn is_triple_des(class: &Class) -> bool {
    class.algorithm.starts_with("tdes-")
}

fn strength(class: &Class, last_use: Option<i64>) -> Option<String> {
    match class.strength_bits {
        None => Some(format!("NIST rates no security strength for {}", class.algorithm)),
        Some(bits) if bits < LEAST_BITS => Some(format!(
            "{bits} bits of security strength are below the {LEAST_BITS} that are allowed (SP 800-57 §5.6.3, table 4)"
        )),
        // What table 4 allows through 2030 is not triple DES any more.
        Some(_) if is_triple_des(class) => None,
        Some(bits) if bits < LATER_BITS && last_use.is_none_or(|last| last >= STRONGER_FROM) => Some(format!(
            "{bits} bits of security strength are allowed through 2030, and its keys protect beyond \
             (SP 800-57 §5.6.3, table 4)"
        )),
        Some(_) => None,
    }
}

/// One private key that signs and opens what others encrypted. Symmetric keys with several types are left alone, for one process
/// may give several services (authenticated encryption).
fn purposes(class: &Class) -> Option<String> {
    let (sign, open) = (KeyType::PrivateSignature, KeyType::PrivateKeyTransport);
    [sign, open].iter().all(|key_type| class.key_types.contains(key_type)).then(|| {
        format!(
            "its keys are for two purposes, as {} and as {}: a key is to be used for only one (SP 800-57 §5.2)",
            sign.name(),
            open.name()
        )
    })
}

/// A cryptoperiod longer than recommended for the strictest of what the keys are; the order of table 1 among equals.
fn period(class: &Class, rotate: Option<Rotate>) -> Option<String> {
    let strictest = class.key_types.iter().min_by_key(|key_type| (key_type.longest(), **key_type));
    let advice = strictest.map_or_else(String::new, |key_type| {
        format!(": at most {} is recommended for a {} (SP 800-57 §5.3.6)", years(key_type.longest()), key_type.name())
    });
    match (rotate, strictest) {
        (None, _) => Some(format!("its keys are never replaced{advice}")),
        (Some(rotate), Some(key_type)) if rotate.every > key_type.longest() => {
            Some(format!("its keys are used for {}{advice}", rotate.every))
        }
        (Some(_), _) => None,
    }
}

fn recovery(class: &Class, rotate: Rotate) -> Option<String> {
    let key_type = class.key_types.iter().find(|key_type| key_type.is_symmetric())?;
    (rotate.keep > RECOVERY).then(|| {
        format!(
            "replaced versions are kept for {}: at most {} is recommended for a {} (SP 800-57 §5.3.6)",
            rotate.keep,
            years(RECOVERY),
            key_type.name()
        )
    })
}

/// AES keys that encrypt more within their cryptoperiod than random nonces of GCM allow, at the mean rate of the mean key.
fn uses(class: &Class) -> Option<String> {
    let encrypts = |call: &String| matches!(call.as_str(), "encrypt" | "wrap");
    if !class.algorithm.starts_with("aes-") || class.uses.is_some_and(|uses| uses as f64 <= GCM_USES) {
        return None;
    }
    let rate =
        |usage: &super::Usage| usage.operations_per_s * usage.calls.iter().filter(|call| encrypts(call)).count() as f64;
    // Where all keys come later, it is those that are used.
    let keys: u64 = match class.homes.iter().map(|home| home.keys).sum() {
        0 => class.to_come.iter().map(|coming| coming.keys).sum(),
        keys => keys,
    };
    let per_key = class.loads.iter().map(rate).sum::<f64>() / keys.max(1) as f64;
    let beyond = class.cryptoperiod_s.map_or(per_key > 0.0, |period| per_key * period > GCM_USES);
    beyond.then(|| {
        format!(
            "a key encrypts {} on average without a limit of uses: AES-GCM with random nonces allows 2^32 (SP 800-38D §8.3)",
            number::rate(per_key)
        )
    })
}

/// Keys that travel under weaker ones are as weak as those.
pub(super) fn wrapped_weakly((algorithm, bits): (&str, Option<u16>), above: Option<u16>) -> Option<String> {
    let (bits, above) = (bits?, above?);
    (above < bits).then(|| format!("{algorithm} keys of {bits} bits travel under keys of {above} bits"))
}

/// Whole years of 365 days.
fn years(span: Span) -> String {
    format!("{} y", span.0 / (365 * 86_400_000_000_000))
}
