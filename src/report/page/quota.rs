//! How much of the quotas of services was used, by whom, and what found no token.

use super::paragraph;
use crate::report::chart::View;
use crate::report::number::{self, tally};
use crate::report::table::{Cell, Table};
use crate::results::{QuotaBlock, RunDocument};

pub(super) fn section(view: &View<'_>) -> String {
    let run = view.run;
    if run.quotas.is_empty() {
        return String::new();
    }
    let explanation = "A service lets an account make so many calls of a class in a region. The sites of the region that call it under \
                       the same account share the quota, and so do other workloads of the account. What finds no token is answered \
                       at once with quota-exceeded, and its caller tries again as it does after other failures; a key that cannot be \
                       created is tried again later. The use of its quotas is what the utilisation of a service means.";
    let head = [
        "quota",
        "limit",
        "asked",
        "throttled",
        "share",
        "by others",
        "of these throttled",
        "used",
        "busiest second",
        "of the limit",
        "at",
    ];
    let mut table = Table::new("By quota, per replication", &head);
    for (id, quota) in &run.quotas {
        let busiest = quota.busiest_second.or_zero();
        let at = view.clock.moment(quota.busiest_s, view.until_s());
        table.row(vec![
            Cell::text(id),
            Cell::number(format!("{}/s", number::significant(quota.limit_per_s))),
            Cell::number(tally(quota.asked)),
            Cell::number(tally(quota.throttled)),
            Cell::number(number::share_estimate(quota.throttled_share)),
            Cell::number(tally(quota.others_asked)),
            Cell::number(tally(quota.others_throttled)),
            Cell::number(number::share_estimate(quota.used)),
            Cell::number(number::significant(busiest)),
            Cell::number(number::share(busiest / quota.limit_per_s)),
            Cell::text(if busiest > 0.0 { at } else { number::NOTHING.to_owned() }),
        ]);
    }
    paragraph(explanation) + &table.html()
}

/// The quotas that throttled, the worst first, or else the one that is used most; nothing where there are none.
pub(crate) fn quotas(run: &RunDocument) -> Option<String> {
    let mut throttled: Vec<(&String, &QuotaBlock)> =
        run.quotas.iter().filter(|(_, quota)| quota.throttled.or_zero() > 0.0).collect();
    let share = |quota: &QuotaBlock| quota.throttled_share.or_zero();
    throttled.sort_by(|(_, a), (_, b)| share(b).total_cmp(&share(a)));
    if throttled.is_empty() {
        let most = |quota: &QuotaBlock| quota.busiest_second.or_zero() / quota.limit_per_s;
        let (id, quota) = run.quotas.iter().max_by(|(_, a), (_, b)| most(a).total_cmp(&most(b)))?;
        return Some(format!(
            "quotas: none exceeded; {id} used most, {} in its busiest second",
            number::share(most(quota))
        ));
    }
    let told = throttled.iter().take(3).map(|(id, quota)| {
        let others = quota.others_asked.or_zero();
        let also = match others > 0.0 {
            true => format!(", beside {} calls of others", tally(quota.others_asked)),
            false => String::new(),
        };
        format!(
            "{id} throttled {} of {} calls{also}; {} of its {}/s used",
            number::share(share(quota)),
            tally(quota.asked),
            number::share(quota.used.or_zero()),
            number::significant(quota.limit_per_s)
        )
    });
    Some(format!("quotas: {}", told.collect::<Vec<_>>().join("; ")))
}
