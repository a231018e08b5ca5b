//! A run as Parquet tables, for data frames and `compare`. The only place that names polars. The bytes are the same each
//! time: rows in a stated order, one thread, fixed compression, no time stamp.

use super::{FaultResult, RunDocument, Status};
use polars::prelude::*;

/// One figure of one replication: what `compare` pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationRow {
    /// Counted from zero.
    pub replication: u32,
    /// Such as `latency_p99_ms`.
    pub metric: String,
    /// What it is about: `all`, a region, a site, a load.
    pub subject: String,
    /// `None` where it is infinite or nothing was measured.
    pub value: Option<f64>,
}

/// `replications.parquet`: the rows in order of metric, subject, replication.
///
/// # Errors
/// As for [`tables`].
pub fn replications(rows: &[ReplicationRow]) -> PolarsResult<Vec<u8>> {
    let mut rows: Vec<&ReplicationRow> = rows.iter().collect();
    rows.sort_by(|a, b| (&a.metric, &a.subject, a.replication).cmp(&(&b.metric, &b.subject, b.replication)));
    parquet(vec![
        numbers("replication", rows.iter().map(|r| r.replication)),
        words("metric", rows.iter().map(|r| r.metric.as_str())),
        words("subject", rows.iter().map(|r| r.subject.as_str())),
        values("value", rows.iter().map(|r| r.value)),
    ])
}

/// The rows of a `replications.parquet`.
///
/// # Errors
/// Where the bytes are no Parquet or lack a column.
pub fn read_replications(bytes: &[u8]) -> PolarsResult<Vec<ReplicationRow>> {
    let frame = ParquetReader::new(std::io::Cursor::new(bytes)).read_parallel(ParallelStrategy::None).finish()?;
    let (replication, metric) = (frame.column("replication")?.u32()?, frame.column("metric")?.str()?);
    let (subject, value) = (frame.column("subject")?.str()?, frame.column("value")?.f64()?);
    let missing = |column: &str| PolarsError::NoData(format!("`{column}` has an empty cell").into());
    (0..frame.height())
        .map(|i| {
            Ok(ReplicationRow {
                replication: replication.get(i).ok_or_else(|| missing("replication"))?,
                metric: metric.get(i).ok_or_else(|| missing("metric"))?.to_owned(),
                subject: subject.get(i).ok_or_else(|| missing("subject"))?.to_owned(),
                value: value.get(i),
            })
        })
        .collect()
}

/// `timeline.parquet`, `sites.parquet`, `objectives.parquet` and `faults.parquet` of a run, by name.
///
/// # Errors
/// Where polars refuses to write, which a run's document gives it no reason for.
pub fn tables(run: &RunDocument) -> PolarsResult<Vec<(String, Vec<u8>)>> {
    Ok(vec![
        ("timeline.parquet".to_owned(), timeline(run)?),
        ("sites.parquet".to_owned(), sites(run)?),
        ("objectives.parquet".to_owned(), objectives(run)?),
        ("faults.parquet".to_owned(), faults(run)?),
    ])
}

/// A row for each caller region and slot.
fn timeline(run: &RunDocument) -> PolarsResult<Vec<u8>> {
    let regions = &run.timeline.regions;
    let slots = || regions.iter().flat_map(|(name, s)| (0..s.offered_per_s.len()).map(move |i| (name, s, i)));
    parquet(vec![
        words("region", slots().map(|(name, ..)| name.as_str())),
        values("from_s", slots().map(|(_, _, i)| Some(i as f64 * run.timeline.slot_s))),
        values("offered_per_s", slots().map(|(_, s, i)| Some(s.offered_per_s[i]))),
        values("failed_per_s", slots().map(|(_, s, i)| s.failed_per_s.get(i).copied())),
        values("p50_ms", slots().map(|(_, s, i)| s.p50_ms.get(i).copied().flatten())),
        values("p95_ms", slots().map(|(_, s, i)| s.p95_ms.get(i).copied().flatten())),
        values("p99_ms", slots().map(|(_, s, i)| s.p99_ms.get(i).copied().flatten())),
        values("p999_ms", slots().map(|(_, s, i)| s.p999_ms.get(i).copied().flatten())),
    ])
}

/// A row for each site and slot.
fn sites(run: &RunDocument) -> PolarsResult<Vec<u8>> {
    let sites = &run.timeline.sites;
    let slots = || sites.iter().flat_map(|(name, s)| (0..s.calls_per_s.len()).map(move |i| (name, s, i)));
    parquet(vec![
        words("site", slots().map(|(name, ..)| name.as_str())),
        words("region", slots().map(|(_, s, _)| s.region.as_str())),
        values("from_s", slots().map(|(_, _, i)| Some(i as f64 * run.timeline.slot_s))),
        values("calls_per_s", slots().map(|(_, s, i)| Some(s.calls_per_s[i]))),
        values("utilisation", slots().map(|(_, s, i)| s.utilisation.get(i).copied().flatten())),
        values("wait_ms", slots().map(|(_, s, i)| s.wait_ms.get(i).copied())),
    ])
}

fn objectives(run: &RunDocument) -> PolarsResult<Vec<u8>> {
    let all = || run.objectives.iter();
    let status = |s: Status| match s {
        Status::None => "none",
        Status::Pass => "pass",
        Status::Inconclusive => "inconclusive",
        Status::Fail => "fail",
    };
    parquet(vec![
        words("id", all().map(|o| o.id.as_str())),
        words("expect", all().map(|o| o.expect.as_str())),
        values("value", all().map(|o| o.value)),
        values("half_width", all().map(|o| o.half_width)),
        values("limit", all().map(|o| Some(o.limit))),
        words("unit", all().map(|o| o.unit.as_str())),
        words("status", all().map(|o| status(o.status))),
        words("at", all().map(|o| o.at.as_str())),
        words("when", all().map(|o| o.when.as_str())),
    ])
}

/// A row for each fault of the run, then for each survive case; figures are per replication.
fn faults(run: &RunDocument) -> PolarsResult<Vec<u8>> {
    let all = || run.faults.iter().map(|f| ("run", f)).chain(run.survive.iter().map(|f| ("survive", f)));
    let column = |name: &str, of: fn(&FaultResult) -> Option<f64>| values(name, all().map(|(_, f)| of(f)));
    parquet(vec![
        words("of", all().map(|(of, _)| of)),
        words("id", all().map(|(_, f)| f.id.as_str())),
        words("what", all().map(|(_, f)| f.what.as_str())),
        column("from_s", |f| Some(f.from_s)),
        column("until_s", |f| Some(f.until_s)),
        numbers("replications", all().map(|(_, f)| f.replications)),
        column("detect_s", |f| f.detect_s),
        column("routed_s", |f| f.routed_s),
        column("rto_s", |f| f.rto_s),
        column("rpo_s", |f| f.rpo_s),
        column("versions_lost", |f| f.versions_lost.value),
        column("keys_lost", |f| f.keys_lost.value),
        column("left_in_escrow", |f| f.left_in_escrow.value),
        column("offered", |f| f.offered.value),
        column("failed", |f| f.failed.value),
        column("worst_availability", |f| f.worst_availability),
        words("worst_region", all().map(|(_, f)| f.worst_region.as_str())),
        column("worst_p99_ms", |f| f.worst_p99_ms),
        words("worst_p99_region", all().map(|(_, f)| f.worst_p99_region.as_str())),
        words("p99_rise_region", all().map(|(_, f)| f.p99_rise.as_ref().map_or("", |rise| rise.region.as_str()))),
        column("p99_before_ms", |f| f.p99_rise.as_ref().map(|rise| rise.before_ms)),
        column("p99_during_ms", |f| f.p99_rise.as_ref().and_then(|rise| rise.during_ms)),
    ])
}

fn words<'a>(name: &str, cells: impl Iterator<Item = &'a str>) -> Column {
    Column::new(name.into(), cells.collect::<Vec<&str>>())
}

fn numbers(name: &str, cells: impl Iterator<Item = u32>) -> Column {
    Column::new(name.into(), cells.collect::<Vec<u32>>())
}

fn values(name: &str, cells: impl Iterator<Item = Option<f64>>) -> Column {
    Column::new(name.into(), cells.collect::<Vec<Option<f64>>>())
}

fn parquet(columns: Vec<Column>) -> PolarsResult<Vec<u8>> {
    let height = columns[0].len();
    let mut frame = DataFrame::new(height, columns)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(1 << 18))
        .set_parallel(false)
        .finish(&mut frame)?;
    Ok(bytes)
}
