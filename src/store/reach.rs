//! Which replicas live, and which of them reach each other: all that a fault means to the store.

/// More replicas would make every write slower and hardly any safer; sets of them are kept in eight bits.
pub const MOST_REPLICAS: usize = 7;

/// Which replicas live, and which pairs of living ones can exchange messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    replicas: u8,
    /// By replica, the set of those that it reaches; itself where it lives.
    linked: [u8; MOST_REPLICAS],
}

impl Reach {
    /// The reach of so many replicas, at most [`MOST_REPLICAS`].
    #[must_use]
    pub fn new(replicas: usize, alive: impl Fn(u8) -> bool, cut: impl Fn(u8, u8) -> bool) -> Self {
        let count = replicas.min(MOST_REPLICAS) as u8;
        let mut linked = [0; MOST_REPLICAS];
        for (a, set) in (0..count).zip(&mut linked) {
            let joined = |b: &u8| alive(a) && alive(*b) && (a == *b || !cut(a, *b));
            *set = (0..count).filter(joined).fold(0, |set, b| set | 1 << b);
        }
        Self { replicas: count, linked }
    }

    /// All of them live and reach each other.
    #[must_use]
    pub fn whole(replicas: usize) -> Self {
        Self::new(replicas, |_| true, |_, _| false)
    }

    /// Whether a replica lives.
    #[must_use]
    pub fn alive(self, replica: u8) -> bool {
        self.linked(replica, replica)
    }

    /// Whether both live and reach each other.
    #[must_use]
    pub fn linked(self, a: u8, b: u8) -> bool {
        self.linked.get(usize::from(a)).is_some_and(|set| set & (1 << b) != 0)
    }

    /// Whether a replica lives and reaches a majority, itself counted.
    #[must_use]
    pub fn majority(self, replica: u8) -> bool {
        self.is_majority(self.linked[usize::from(replica)])
    }

    /// Whether a set of replicas is a majority.
    #[must_use]
    pub fn is_majority(self, set: u8) -> bool {
        set.count_ones() * 2 > u32::from(self.replicas)
    }

    /// The replicas that one reaches, itself included, in order.
    pub fn peers(self, replica: u8) -> impl Iterator<Item = u8> {
        (0..self.replicas).filter(move |peer| self.linked(replica, *peer))
    }

    /// All replicas, in order.
    pub fn all(self) -> impl Iterator<Item = u8> {
        0..self.replicas
    }
}
