//! From where a user asks: the address that the request came from, and what the user told. Without behaviour: who locates it is
//! `geo`, who decides by it the service.

use super::CountryId;

/// An IP address; one of IPv4 is written as IPv6 writes it (`::ffff:192.0.2.1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The upper 64 bits.
    pub high: u64,
    /// The lower 64 bits.
    pub low: u64,
}

impl Address {
    /// What stands before an address of IPv4.
    const MAPPED: u64 = 0xffff << 32;

    /// An address of IPv4.
    #[inline]
    #[must_use]
    pub const fn v4(bits: u32) -> Self {
        Self { high: 0, low: Self::MAPPED | bits as u64 }
    }

    /// An address of IPv6.
    #[inline]
    #[must_use]
    pub const fn v6(bits: u128) -> Self {
        Self { high: (bits >> 64) as u64, low: bits as u64 }
    }

    /// The bits of one of IPv4.
    #[inline]
    #[must_use]
    pub const fn as_v4(self) -> Option<u32> {
        if self.high == 0 && self.low >> 32 == 0xffff { Some(self.low as u32) } else { None }
    }

    /// All 128 bits.
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

/// Where users say they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The country.
    pub country: CountryId,
    /// Whether they agreed that it be used: without, it decides nothing and is recorded nowhere.
    pub consent: bool,
}

/// What a request says of the place that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The address.
    pub address: Address,
    /// What the user told, if anything.
    pub told: Option<Told>,
    /// Why the address is not one of the user's country, as far as the simulation made it so: facts name it, nothing is decided by it.
    pub slip: Slip,
}

/// Why the address of a user is not one of the user's country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Slip {
    /// It is one, for all that the simulation did.
    #[default]
    None = 0,
    /// It is that of a VPN's exit.
    Vpn = 1,
    /// It is that of the home network of somebody who travels.
    Roaming = 2,
    /// It is one by now; the database is older than that.
    Stale = 3,
    /// It is private, as behind a proxy that does not say who asks.
    Hidden = 4,
}
