//! The life of the keys of a class: rotation, durability, and what they are wrapped under.

use super::Context;
use super::fleet::Fleet;
use crate::kms::ClassId;
use crate::scenario::diagnostic::Code;
use crate::scenario::model::{KeyClass, Listed};
use crate::scenario::raw::{RawDurability, RawKey, RawRotate, Word};
use crate::service::{Age, Durability, Rotate};
use crate::time::Span;

/// With fewer uses no tenth is left for making the successor.
const FEWEST_USES: u64 = 10;

pub(super) fn rotate(context: &mut Context<'_>, id: &str, raw: &RawRotate) -> Rotate {
    let path = |key: &'static str| ["key", id, "rotate", key];
    let every = raw.every.span();
    if every < Span::from_secs(60) {
        context.error(Code::WrongValue, &path("every"), "keys cannot be rotated more often than once a minute");
    }
    let uses = raw.uses.map(|uses| uses.get());
    if uses.is_some_and(|uses| uses < FEWEST_USES) {
        context.error(Code::WrongValue, &path("uses"), format!("a key is good for at least {FEWEST_USES} operations"));
    }
    let jitter = raw.jitter.map_or(0.0, |jitter| jitter.fraction());
    if jitter > 0.5 {
        context.error(Code::WrongValue, &path("jitter"), "a key lives at least half of its cryptoperiod");
    }
    let age = match raw.age {
        None | Some(Word::Is(_)) => Age::Spread,
        Some(Word::Else(age)) => Age::At(age.span()),
    };
    if matches!(age, Age::At(age) if age > every) {
        context.error(
            Code::Conflict,
            &path("age"),
            format!("keys older than their cryptoperiod ({every}) were replaced"),
        );
        context.help("let them be at most as old as `every`, or give \"spread\"");
    }
    Rotate { every, keep: raw.keep.unwrap_or(raw.every).span(), uses, jitter, age }
}

/// What an inventory says beside numbers: owners, and ages. Returns how many owners there are.
pub(super) fn listed(
    context: &mut Context<'_>,
    (id, key): (&str, &RawKey),
    listed: &Listed,
    rotate: Option<Rotate>,
) -> u32 {
    if key.rotate.is_some_and(|rotate| rotate.age.is_some()) {
        let reason = "the inventory knows the age of each key";
        context.error(Code::Conflict, &["key", id, "rotate", "age"], reason).help("leave `age` out");
    }
    let oldest = rotate.map(|rotate| i64::try_from(rotate.every.0.div_ceil(1_000_000_000)).unwrap_or(i64::MAX));
    let is_over = |created: &&i64| oldest.is_some_and(|oldest| context.start - **created > oldest);
    let over = listed.created.iter().filter(is_over).count();
    if let Some(rotate) = rotate.filter(|_| over > 0) {
        let (keys, are) = if over == 1 { ("key", "is") } else { ("keys", "are") };
        context.warn(
            &["key", id, "inventory"],
            format!("{over} {keys} {are} older than the cryptoperiod ({}) and due when the run begins", rotate.every),
        );
    }
    match (listed.owners(), key.tenants) {
        (Some(named), Some(stated)) if named != stated => {
            let reason = format!("the inventory names {named} owners");
            context.error(Code::Conflict, &["key", id, "tenants"], reason).help("leave `tenants` out");
            named
        }
        (named, stated) => named.or(stated).unwrap_or(1),
    }
}

pub(super) fn durability(context: &mut Context<'_>, id: &str, raw: &RawKey, copies: u32) -> Durability {
    let all = copies.saturating_add(raw.partner_copies.unwrap_or(0));
    match raw.durability {
        None | Some(Word::Is(RawDurability::All)) => Durability::All,
        Some(Word::Is(RawDurability::None)) => Durability::Copies(1),
        Some(Word::Else(hosts)) => {
            if hosts == 0 || hosts > all {
                let reason = format!("a version cannot be at {hosts} hosts first: the keys have {all}");
                context.error(Code::Impossible, &["key", id, "durability"], reason);
                context.help(format!("use 1 to {all}, \"all\" or \"none\""));
            }
            Durability::Copies(hosts)
        }
    }
}

/// The wrapping class, by its place among the ids in order.
pub(super) fn wrapped_by(context: &mut Context<'_>, id: &str, raw: &RawKey) -> Option<ClassId> {
    let wrapping = raw.wrapped_by.as_deref()?;
    if !context.knows("key", "key class", wrapping, &["key", id, "wrapped_by"]) {
        return None;
    }
    context.raw.key.keys().position(|known| known == wrapping).map(|index| ClassId(index as u16))
}

/// Keys are not wrapped under themselves, each finds a wrapping key in its home region, and what is in escrow can be opened when the
/// hosts are gone.
pub(super) fn wrapping(context: &mut Context<'_>, fleet: &Fleet, classes: &[KeyClass]) {
    for class in classes {
        let path = ["key", class.id.as_str(), "wrapped_by"];
        let above = |class: &KeyClass| class.wrapped_by.and_then(|by| classes.get(by.index()));
        let chain = std::iter::successors(above(class), |by| above(by)).take(classes.len());
        let Some(by) = above(class) else { continue };
        if chain.into_iter().any(|by| by.id == class.id) {
            context.error(
                Code::Conflict,
                &path,
                format!("the keys of \"{}\" would be wrapped under themselves", class.id),
            );
            context.help("the last class of a chain of wrapping keys has no `wrapped_by`");
            return;
        }
        if class.escrow_copies > 0 && by.partner_copies == 0 && by.escrow_copies == 0 {
            let reason = format!(
                "with the sites that hold them the wrapping keys of \"{}\" would be lost, too, and copies in escrow could not be opened",
                by.id
            );
            context.error(Code::Impossible, &["key", &class.id, "escrow_copies"], reason);
            context.help(format!("give class \"{}\" copies elsewhere: `partner_copies` or `escrow_copies`", by.id));
        }
        let homes = fleet.regions.iter().zip(class.counts.iter().zip(&by.counts));
        if let Some((region, _)) = homes.into_iter().find(|(_, (keys, wrapping))| **keys > 0 && **wrapping == 0) {
            let reason =
                format!("\"{}\" has no key at home in region \"{}\", where keys are to be wrapped", by.id, region.id);
            context.error(Code::Impossible, &path, reason);
            context
                .help(format!("give class \"{}\" a `count` for each region that has keys of \"{}\"", by.id, class.id));
        }
    }
}
