//! Addresses that a country has, to draw users' from. The source is another one than that of the database that locates them, so that
//! it can be wrong. Source: `datasets/address-ranges.csv`.

use super::country::{countries, country_id};
use super::table;
use crate::kms::{Address, CountryId};
use std::net::IpAddr;
use std::sync::LazyLock;

/// Blocks at even steps through all addresses of one country and family: each stands for as many.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// How many addresses the country has in all.
    pub addresses: f64,
    /// First address and number of free bits; a block that several steps fall into stands there as often.
    blocks: Vec<(Address, u32)>,
}

impl Blocks {
    /// Whether the country has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// One of the country's addresses, each as likely: `pick` draws the block, `high` and `low` the bits that it leaves free.
    ///
    /// # Panics
    /// Where there are none.
    #[inline]
    #[must_use]
    pub fn address(&self, pick: u64, high: u64, low: u64) -> Address {
        let at = ((u128::from(pick) * self.blocks.len() as u128) >> 64) as usize;
        let (first, free) = self.blocks[at];
        let mask = |bits: u32| 1_u64.checked_shl(bits).map_or(u64::MAX, |bit| bit - 1);
        Address { high: first.high | high & mask(free.saturating_sub(64)), low: first.low | low & mask(free.min(64)) }
    }
}

/// By country: IPv4, IPv6.
static BLOCKS: LazyLock<Vec<[Blocks; 2]>> = LazyLock::new(|| {
    let mut all = vec![[Blocks::default(), Blocks::default()]; countries().len()];
    let rows = table::rows(include_str!("../../datasets/address-ranges.csv"), |[code, family, addresses, blocks]| {
        let blocks: Option<Vec<_>> = blocks.split(' ').map(block).collect();
        let blocks = blocks?.into_iter().flat_map(|(block, times)| std::iter::repeat_n(block, times)).collect();
        Some((country_id(code)?, family == "6", Blocks { addresses: addresses.parse().ok()?, blocks }))
    });
    for (country, six, blocks) in rows {
        all[country.index()][usize::from(six)] = blocks;
    }
    all
});

/// Reads `192.0.2.0/24` or `192.0.2.0/24*3`.
fn block(text: &str) -> Option<((Address, u32), usize)> {
    let (block, times) = text.split_once('*').unwrap_or((text, "1"));
    let (first, length) = block.split_once('/')?;
    let first: IpAddr = first.parse().ok()?;
    let bits = if first.is_ipv4() { 32 } else { 128 };
    let free = u32::checked_sub(bits, length.parse().ok()?)?;
    Some(((super::address(first), free), times.parse().ok()?))
}

/// The addresses of a country in one family.
#[must_use]
pub fn blocks(country: CountryId, six: bool) -> &'static Blocks {
    &BLOCKS[country.index()][usize::from(six)]
}
