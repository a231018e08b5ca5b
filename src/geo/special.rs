//! Addresses that are nobody's in particular: the special-purpose registries of IANA (RFC 6890 and what was entered since), with
//! multicast and what is reserved. Does not know countries.

use crate::kms::Address;
use std::net::IpAddr;

/// Of IPv4: first address and prefix length of the blocks that are not globally reachable.
pub(super) const V4: [(u32, u32); 15] = [
    (v4(0, 0, 0, 0), 8),       // this network, RFC 791
    (v4(10, 0, 0, 0), 8),      // private, RFC 1918
    (v4(100, 64, 0, 0), 10),   // shared by carriers, RFC 6598
    (v4(127, 0, 0, 0), 8),     // loopback, RFC 1122
    (v4(169, 254, 0, 0), 16),  // link-local, RFC 3927
    (v4(172, 16, 0, 0), 12),   // private, RFC 1918
    (v4(192, 0, 0, 0), 24),    // protocol assignments, RFC 6890
    (v4(192, 0, 2, 0), 24),    // documentation, RFC 5737
    (v4(192, 88, 99, 0), 24),  // 6to4 relays, RFC 7526
    (v4(192, 168, 0, 0), 16),  // private, RFC 1918
    (v4(198, 18, 0, 0), 15),   // benchmarks, RFC 2544
    (v4(198, 51, 100, 0), 24), // documentation, RFC 5737
    (v4(203, 0, 113, 0), 24),  // documentation, RFC 5737
    (v4(224, 0, 0, 0), 4),     // multicast, RFC 5771
    (v4(240, 0, 0, 0), 4),     // reserved, and the broadcast address, RFC 1112, RFC 919
];

/// The same of IPv6.
pub(super) const V6: [(u128, u32); 11] = [
    (0, 96),                      // unspecified, loopback and the old form of embedded addresses, RFC 4291
    (0x0064_ff9b_0001 << 80, 48), // translation inside a network, RFC 8215
    (0x0100 << 112, 64),          // discard, RFC 6666
    (0x2001 << 112, 23),          // protocol assignments, Teredo among them, RFC 2928
    (0x2001_0db8 << 96, 32),      // documentation, RFC 3849
    (0x3fff << 112, 20),          // documentation, RFC 9637
    (0x5f00 << 112, 16),          // segment routing, RFC 9602
    (0xfc00 << 112, 7),           // unique local, RFC 4193
    (0xfe80 << 112, 10),          // link-local, RFC 4291
    (0xfec0 << 112, 10),          // site-local, RFC 3879
    (0xff00 << 112, 8),           // multicast, RFC 4291
];

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u32 {
    u32::from_be_bytes([a, b, c, d])
}

/// The address of IPv4 that one of IPv6 stands for: mapped (RFC 4291), translated (RFC 6052), or of 6to4 (RFC 3056).
#[inline]
pub(super) const fn embedded(address: Address) -> Option<u32> {
    let Address { high, low } = address;
    match (high, low >> 32) {
        (0, 0xffff) | (0x0064_ff9b_0000_0000, 0) => Some(low as u32),
        _ if high >> 48 == 0x2002 => Some((high >> 16) as u32),
        _ => None,
    }
}

/// An address as the standard library has it.
#[must_use]
pub fn address(ip: IpAddr) -> Address {
    match ip {
        IpAddr::V4(v4) => Address::v4(v4.to_bits()),
        IpAddr::V6(v6) => Address::v6(v6.to_bits()),
    }
}
