//! Look-ups of countries by address: keyfleet's table against the reader of the format itself, on the same addresses in the same
//! run, and how long the table takes to lay out.
//!   cargo bench --bench locate

#[path = "common/time.rs"]
#[allow(dead_code, reason = "shared by several benches")]
mod time;

use keyfleet::geo::{self, Located, Locator};
use keyfleet::kms::Address;
use keyfleet::rng::mix;
use maxminddb::Reader;
use rustix::time::ClockId;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const DATABASE: &[u8] = include_bytes!("../datasets/ip-country.mmdb");
const RANGES: &str = include_str!("../datasets/address-ranges.csv");
const ADDRESSES: usize = 1 << 20;
const ROUNDS: usize = 20;

/// Addresses that users have: of every country's blocks, in no order.
fn addresses(family: &str) -> Vec<IpAddr> {
    let rows = RANGES.lines().filter(|line| !line.starts_with('#')).skip(1);
    let of_family = rows.filter(|row| row.split(',').nth(1) == Some(family));
    let blocks: Vec<IpAddr> = of_family
        .flat_map(|row| row.split(',').nth(3).unwrap_or_default().split(' '))
        .filter_map(|block| block.split('/').next()?.parse().ok())
        .collect();
    let address = |number: usize| {
        let luck = mix(number as u64);
        match blocks[luck as usize % blocks.len()] {
            IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() | (luck >> 32) as u32 & 0xff).into(),
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() | u128::from(luck)).into(),
        }
    };
    (0..ADDRESSES).map(address).collect()
}

fn cpu<T>(work: impl FnOnce() -> T) -> (T, f64) {
    time::timed(ClockId::ThreadCPUTime, work)
}

fn main() {
    let (locator, seconds) = cpu(|| Locator::new(DATABASE).expect("the shipped database is whole"));
    println!("table laid out in {:.0} ms: {locator:?}", seconds * 1e3);
    let reader = Reader::from_source(DATABASE).expect("the shipped database is whole");
    for family in ["4", "6"] {
        let ips = addresses(family);
        let ours: Vec<Address> = ips.iter().map(|ip| geo::address(*ip)).collect();
        let (known, seconds) = cpu(|| {
            let known = |address: &Address| matches!(locator.locate(black_box(*address)), Located::Country(_));
            (0..ROUNDS).map(|_| ours.iter().filter(|address| known(address)).count()).sum::<usize>()
        });
        let rate = (ROUNDS * ADDRESSES) as f64 / seconds / 1e6;
        let (_, seconds) = cpu(|| {
            let find = |ip: &IpAddr| reader.lookup(black_box(*ip)).is_ok_and(|found| found.has_data());
            ips.iter().filter(|ip| find(ip)).count()
        });
        let theirs = ADDRESSES as f64 / seconds / 1e6;
        let (_, seconds) = cpu(|| {
            let find = |ip: &IpAddr| {
                let found = reader.lookup(black_box(*ip)).ok()?;
                found.decode_path::<&str>(&[maxminddb::PathElement::Key("country_code")]).ok()?
            };
            ips.iter().filter(|ip| find(ip).is_some()).count()
        });
        let decoded = ADDRESSES as f64 / seconds / 1e6;
        println!(
            "IPv{family}: {rate:.1} M look-ups/s ({:.1} % known); maxminddb {theirs:.1} M/s, {decoded:.1} M/s with the country read: \
             {:.1} x and {:.1} x",
            known as f64 * 100.0 / (ROUNDS * ADDRESSES) as f64,
            rate / theirs,
            rate / decoded,
        );
    }
}
