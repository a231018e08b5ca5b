//! Ids are indices into the checked scenario's lists: small, `Copy`, ordered.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// The position in its list.
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// A rule, by its place among all of them.
    RuleId(u16)
);

id!(
    /// A region: sites near each other, under one jurisdiction.
    RegionId(u16)
);
id!(
    /// A site: one data centre with one pool of HSMs.
    SiteId(u16)
);
id!(
    /// A tenant: on whose behalf callers ask, 255 at most.
    TenantId(u8)
);
id!(
    /// A place that callers ask from: a region's calling services, or the users of a country.
    OriginId(u16)
);
id!(
    /// A class of keys that share algorithm, residency, copies and rotation.
    ClassId(u16)
);
id!(
    /// A kind of business operation.
    LoadId(u16)
);
id!(
    /// The callers of one load at one origin.
    PopulationId(u16)
);
id!(
    /// The name of a call, such as `sign`: an index into the scenario's list of call names.
    CallName(u8)
);
id!(
    /// A shard: a set of keys of one class and region with the sites that serve it.
    ShardId(u32)
);
id!(
    /// A lot: keys of one class and region that came together, cut into shards.
    LotId(u32)
);
id!(
    /// A planned change of the fleet.
    ChangeId(u16)
);
id!(
    /// A country: an index into `geo::countries()`.
    CountryId(u8)
);
id!(
    /// A fault of the scenario, scripted, random or of the survive list.
    FaultId(u16)
);

id!(
    /// Planned work on devices.
    WorkId(u16)
);

id!(
    /// A quota of a service: that of one account in one region for one class of calls.
    QuotaId(u16)
);
id!(
    /// A grant of emergency access, by number from 1; 0 stands for none.
    GrantId(u16)
);

/// A key: class and number within the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyRef {
    /// Its class.
    pub class: ClassId,
    /// Its number within the class, counted over all regions.
    pub number: u32,
}

/// A version of a key; rotation makes the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion {
    /// The key.
    pub key: KeyRef,
    /// 1 for the first version a key ever had.
    pub version: u32,
}

/// A request under way: a slot and the generation that tells its tenants apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// Slot in the slab of requests under way.
    pub slot: u32,
    /// Counts the uses of the slot.
    pub generation: u32,
}
id!(
    /// A group of custodians.
    CustodiansId(u8)
);
id!(
    /// A ceremony or a drill.
    CeremonyId(u16)
);
