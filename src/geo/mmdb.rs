//! Reads a database in MMDB format to ranges with a country each. It may be a stranger's: each node is visited once, so that a
//! damaged tree ends in an error and not in a long walk. Does not know what is special about addresses.

use super::country::country_id;
use super::locator::NONE;
use maxminddb::Reader;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why bytes are no database of countries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDatabase(String);

impl fmt::Display for BadDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What each address is, from 0 on: the first address of each range, and the number of its country or [`NONE`].
pub(super) struct Ranges {
    pub v4: Vec<(u32, u8)>,
    pub v6: Vec<(u128, u8)>,
}

/// What is read of a record: the forms of ip-location-db, of MaxMind and DB-IP, of IPinfo.
#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    country_code: Option<&'a str>,
    #[serde(borrow)]
    country: Option<Named<'a>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named<'a> {
    Code(&'a str),
    Table {
        #[serde(borrow)]
        iso_code: Option<&'a str>,
    },
}

/// Blocks of IPv6 that stand for IPv4, which is looked up by itself: databases often have its tree there once more.
const STAND_FOR_V4: [(u128, u32); 4] = [(0, 96), (0xffff << 32, 96), (0x2001 << 112, 32), (0x2002 << 112, 16)];

/// Reads them all.
pub(super) fn read(bytes: &[u8]) -> Result<Ranges, BadDatabase> {
    let reader = Reader::from_source(bytes).map_err(|error| BadDatabase(error.to_string()))?;
    let metadata = reader.metadata();
    let (nodes, size) = (metadata.node_count, metadata.record_size);
    let six = metadata.ip_version == 6;
    let mut tree = Tree { bytes, nodes, size, visits: u64::from(nodes) + 1, reader: &reader, codes: BTreeMap::new() };
    let v4_root = if six { tree.down_zeros(96)? } else { 0 };
    let mut v4: Vec<(u32, u8)> = Vec::new();
    tree.walk((v4_root, 0), 32, &[], &mut |first, code| add(&mut v4, first as u32, code))?;
    let mut v6 = vec![(0, NONE)];
    if six {
        tree.visits += u64::from(nodes);
        tree.walk((0, 0), 128, &STAND_FOR_V4, &mut |first, code| add(&mut v6, first, code))?;
    }
    if v4.iter().all(|(_, code)| *code == NONE) && v6.iter().all(|(_, code)| *code == NONE) {
        return Err(BadDatabase("no record names a country, as country_code or as country.iso_code".into()));
    }
    Ok(Ranges { v4, v6 })
}

/// Adds a range after the others.
fn add<N>(ranges: &mut Vec<(N, u8)>, first: N, code: u8) {
    if ranges.last().is_none_or(|(_, last)| *last != code) {
        ranges.push((first, code));
    }
}

/// The search tree of a database.
struct Tree<'a> {
    bytes: &'a [u8],
    nodes: u32,
    /// Bits of each of a node's two records.
    size: u16,
    /// Nodes that may still be visited.
    visits: u64,
    reader: &'a Reader<&'a [u8]>,
    /// What records say that were read before, by their place.
    codes: BTreeMap<u32, u8>,
}

impl Tree<'_> {
    /// The two records of a node.
    fn children(&self, node: u32) -> Result<[u32; 2], BadDatabase> {
        let width = usize::from(self.size) / 4;
        let at = node as usize * width;
        let cut = || BadDatabase("its search tree ends too early".into());
        let b = self.bytes.get(at..at + width).ok_or_else(cut)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        match *b {
            [_, _, _, _, _, _] => Ok([number(&b[..3]), number(&b[3..])]),
            [_, _, _, both, _, _, _] => {
                let both = u32::from(both);
                Ok([number(&b[..3]) | both >> 4 << 24, number(&b[4..]) | (both & 15) << 24])
            }
            [_, _, _, _, _, _, _, _] => Ok([number(&b[..4]), number(&b[4..])]),
            _ => Err(BadDatabase(format!("records of {} bits", self.size))),
        }
    }

    /// The record that so many bits zero lead to.
    fn down_zeros(&self, bits: u32) -> Result<u32, BadDatabase> {
        let mut record = 0;
        for _ in 0..bits {
            if record >= self.nodes {
                break;
            }
            record = self.children(record)?[0];
        }
        Ok(record)
    }

    /// Tells each range below a record, in order, but for blocks that are skipped: those are nowhere.
    fn walk(
        &mut self,
        (root, bits): (u32, u128),
        width: u32,
        skip: &[(u128, u32)],
        tell: &mut impl FnMut(u128, u8),
    ) -> Result<(), BadDatabase> {
        let mut stack = vec![(root, 0_u32, bits)];
        while let Some((record, depth, prefix)) = stack.pop() {
            if skip.contains(&(prefix, depth)) {
                tell(prefix, NONE);
            } else if record >= self.nodes {
                let code = self.code(record, prefix, width)?;
                tell(prefix, code);
            } else {
                self.visits =
                    self.visits.checked_sub(1).ok_or_else(|| BadDatabase("its search tree has loops".into()))?;
                if depth == width {
                    return Err(BadDatabase(format!("its search tree is deeper than the {width} bits of an address")));
                }
                let [zero, one] = self.children(record)?;
                stack.push((one, depth + 1, prefix | 1 << (width - depth - 1)));
                stack.push((zero, depth + 1, prefix));
            }
        }
        Ok(())
    }

    /// The country that a record names.
    fn code(&mut self, record: u32, prefix: u128, width: u32) -> Result<u8, BadDatabase> {
        if record == self.nodes {
            return Ok(NONE);
        }
        if let Some(code) = self.codes.get(&record) {
            return Ok(*code);
        }
        let address = match width {
            32 => IpAddr::V4(Ipv4Addr::from_bits(prefix as u32)),
            _ => IpAddr::V6(Ipv6Addr::from_bits(prefix)),
        };
        let found = self.reader.lookup(address).and_then(|found| found.decode::<Record<'_>>());
        let named = found.map_err(|error| BadDatabase(format!("the record of {address}: {error}")))?;
        let iso2 = named.and_then(|record| {
            record.country_code.or(match record.country {
                Some(Named::Code(code) | Named::Table { iso_code: Some(code) }) => Some(code),
                _ => None,
            })
        });
        let code = iso2.and_then(country_id).map_or(NONE, |country| country.0);
        self.codes.insert(record, code);
        Ok(code)
    }
}
