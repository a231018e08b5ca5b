//! From an address to a country: a database in MMDB format laid out flat, so that a look-up is one search in a few cache lines.
//! Knows no user, no consent and no region: who may be believed is the service's to decide.

use super::mmdb::{self, BadDatabase, Ranges};
use super::special::{self, embedded};
use crate::kms::{Address, CountryId};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

/// No country is known. Countries have lower numbers.
pub(super) const NONE: u8 = 255;
/// Nobody's in particular.
pub(super) const PRIVATE: u8 = 254;
/// The upper half of an address does not say it.
const DEEP: u8 = 253;

/// Buckets of IPv4, by the upper 16 bits.
const BUCKETS_4: u32 = 16;
/// Buckets of what is routed of IPv6 (2000::/3), by the 18 bits after the first three.
const BUCKETS_6: u32 = 18;

/// Where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    /// In this country, an index into [`countries`](super::countries).
    Country(CountryId),
    /// Nowhere in particular: private, loopback, link-local, shared by a carrier, documentation, multicast or reserved.
    Private,
    /// The database does not know it, or names a country that `datasets/countries.csv` does not.
    Unknown,
}

/// The shipped database, laid out when it is first asked for.
static SHIPPED: LazyLock<Arc<Locator>> = LazyLock::new(|| {
    let database = Locator::new(include_bytes!("../../datasets/ip-country.mmdb"));
    Arc::new(database.expect("the shipped database is whole: tests/it/locator.rs"))
});

/// A database of countries by address.
#[derive(Clone, PartialEq, Eq)]
pub struct Locator {
    v4: Flat<u32>,
    /// By the upper half of the address.
    v6: Flat<u64>,
    /// Where ranges end within one upper half: first addresses, and what they are.
    deep: (Vec<u128>, Vec<u8>),
}

/// Ranges that cover all numbers: the first of each, what it is, and where those of a bucket begin.
#[derive(Clone, PartialEq, Eq)]
struct Flat<N> {
    starts: Vec<N>,
    codes: Vec<u8>,
    buckets: Vec<u32>,
}

impl<N: Copy + Ord> Flat<N> {
    /// `bucket`: the first number of each.
    fn new(ranges: Vec<(N, u8)>, buckets: impl Iterator<Item = N>) -> Self {
        let mut next = 0;
        let buckets = buckets.map(|first| {
            while ranges.get(next).is_some_and(|(start, _)| *start < first) {
                next += 1;
            }
            next as u32
        });
        let mut buckets: Vec<u32> = buckets.collect();
        buckets.push(ranges.len() as u32);
        let (starts, codes) = ranges.into_iter().unzip();
        Self { starts, codes, buckets }
    }

    /// What a number of this bucket is.
    #[inline]
    fn find(&self, bucket: usize, number: N) -> u8 {
        self.within(self.buckets[bucket] as usize, self.buckets[bucket + 1] as usize, number)
    }

    /// What a number is that a range with a position in `from..until`, or the one before, holds.
    #[inline]
    fn within(&self, from: usize, until: usize, number: N) -> u8 {
        let after = self.starts[from..until].partition_point(|start| *start <= number);
        self.codes[(from + after).saturating_sub(1)]
    }
}

impl Locator {
    /// Lays out a database in MMDB format whose records say `country_code`, `country`, or `country.iso_code`.
    ///
    /// # Errors
    /// It is no such database, it is damaged, or no record says a country.
    pub fn new(bytes: &[u8]) -> Result<Self, BadDatabase> {
        let Ranges { v4, v6 } = mmdb::read(bytes)?;
        let v4 = overlaid(v4, special::V4.iter().map(|(first, length)| (*first, first | u32::MAX >> length)));
        let v6 = overlaid(v6, special::V6.iter().map(|(first, length)| (*first, first | u128::MAX >> length)));
        let (v6, deep) = halved(&v6);
        Ok(Self {
            v4: Flat::new(v4, (0..1 << BUCKETS_4).map(|bucket: u32| bucket << (32 - BUCKETS_4))),
            v6: Flat::new(v6, (0..=1 << BUCKETS_6).map(|bucket: u64| (1 << 61) + (bucket << (61 - BUCKETS_6)))),
            deep: deep.into_iter().unzip(),
        })
    }

    /// The shipped database.
    #[must_use]
    pub fn shipped() -> Arc<Self> {
        Arc::clone(&SHIPPED)
    }

    /// Where an address is.
    #[inline]
    #[must_use]
    pub fn locate(&self, address: Address) -> Located {
        let code = match embedded(address) {
            Some(v4) => self.v4.find((v4 >> (32 - BUCKETS_4)) as usize, v4),
            None => self.find_v6(address),
        };
        match code {
            NONE => Located::Unknown,
            PRIVATE => Located::Private,
            country => Located::Country(CountryId(country)),
        }
    }

    /// As [`Self::locate`].
    #[must_use]
    pub fn locate_ip(&self, ip: IpAddr) -> Located {
        self.locate(special::address(ip))
    }

    #[inline]
    fn find_v6(&self, address: Address) -> u8 {
        let high = address.high;
        let code = match high >> 61 {
            0b001 => self.v6.find((high >> (61 - BUCKETS_6)) as usize & ((1 << BUCKETS_6) - 1), high),
            0b000 => self.v6.within(0, self.v6.buckets[0] as usize, high),
            _ => self.v6.within(self.v6.buckets[1 << BUCKETS_6] as usize, self.v6.starts.len(), high),
        };
        if code == DEEP { self.find_deep(address.bits()) } else { code }
    }

    #[cold]
    fn find_deep(&self, bits: u128) -> u8 {
        let (starts, codes) = &self.deep;
        let after = starts.partition_point(|start| *start <= bits);
        codes.get(after.saturating_sub(1)).copied().unwrap_or(NONE)
    }

    /// How many ranges there are: of IPv4, of IPv6 by upper half, and of parts of an upper half.
    #[must_use]
    pub fn ranges(&self) -> (usize, usize, usize) {
        (self.v4.starts.len(), self.v6.starts.len(), self.deep.0.len())
    }
}

impl fmt::Debug for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locator").field("ranges", &self.ranges()).finish_non_exhaustive()
    }
}

/// Numbers of addresses.
trait Number: Copy + Ord {
    fn next(self) -> Option<Self>;
}

impl Number for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Number for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// Ranges with private ones laid over them; both in order. The private ones are given by first and last number.
fn overlaid<N: Number>(ranges: Vec<(N, u8)>, private: impl Iterator<Item = (N, N)>) -> Vec<(N, u8)> {
    let mut laid: Vec<(N, u8)> = Vec::with_capacity(ranges.len() + 32);
    let put = |laid: &mut Vec<(N, u8)>, start: N, code: u8| match laid.last() {
        Some((_, last)) if *last == code => {}
        _ => laid.push((start, code)),
    };
    let mut rest = ranges.into_iter().peekable();
    let mut below = NONE;
    for (first, last) in private {
        while let Some((start, code)) = rest.next_if(|(start, _)| *start < first) {
            put(&mut laid, start, code);
            below = code;
        }
        put(&mut laid, first, PRIVATE);
        let after = last.next();
        while let Some((_, code)) = rest.next_if(|(start, _)| after.is_none_or(|after| *start <= after)) {
            below = code;
        }
        if let Some(after) = after {
            put(&mut laid, after, below);
        }
    }
    rest.for_each(|(start, code)| put(&mut laid, start, code));
    laid
}

/// Ranges of IPv6 by upper half, and those that begin inside one.
type Halved = (Vec<(u64, u8)>, Vec<(u128, u8)>);

/// Sorts them.
fn halved(ranges: &[(u128, u8)]) -> Halved {
    let mut table: Vec<(u64, u8)> = Vec::with_capacity(ranges.len());
    let mut deep: Vec<(u128, u8)> = Vec::new();
    let put = |table: &mut Vec<(u64, u8)>, half: u64, code: u8| match table.last_mut() {
        Some(last) if last.0 == half => last.1 = code,
        _ => table.push((half, code)),
    };
    for (start, code) in ranges {
        let half = (start >> 64) as u64;
        if *start as u64 == 0 {
            put(&mut table, half, *code);
            continue;
        }
        // The half after it has what the last range in it is, unless the next one says otherwise.
        if table.last().is_some_and(|(last, _)| *last > half) {
            table.pop();
        } else {
            let before = table.last().map_or(NONE, |(_, before)| *before);
            put(&mut table, half, DEEP);
            deep.push((u128::from(half) << 64, before));
        }
        deep.push((*start, *code));
        if let Some(next) = half.checked_add(1) {
            put(&mut table, next, *code);
        }
    }
    table.dedup_by(|next, last| next.1 == last.1 && next.1 != DEEP);
    (table, deep)
}
