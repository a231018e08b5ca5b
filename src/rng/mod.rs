//! Named, independent, portable random streams. A stream is found by (root seed, purpose, id of the component), so that
//! adding a site shifts nobody's draws; what one request draws is keyed by (stream, request, attempt), so that two runs
//! with different fleets meet the same users and the same luck (common random numbers).

mod lognormal;
mod ziggurat;

pub use lognormal::{exp, lognormal};
pub use rand::Rng;
use rand::rand_core::{Infallible, SeedableRng, TryRng};
pub use ziggurat::{exponential, normal};

/// The sequential generator of a component: named and portable by rand's promise, unlike `StdRng`.
pub type Stream = rand::rngs::Xoshiro256PlusPlus;

/// What a stream is drawn for. The discriminant is part of the stream's name: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// When requests arrive.
    Arrivals = 1,
    /// What an attempt of a request draws: network, service, back-off.
    Requests = 2,
    /// Delay, jitter and loss of messages.
    Network = 3,
    /// Service times of HSMs.
    Service = 4,
    /// When random faults strike and how long they last.
    Faults = 5,
    /// Which key a request asks for, ages of keys, and what is done with keys.
    Keys = 6,
    /// Back-off jitter of callers.
    Backoff = 7,
    /// From where users ask.
    Whence = 70,
    /// Which custodians are away, and how long they travel.
    People = 80,
}

/// All streams of one run, derived from its one root seed.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    root: u64,
}

/// The name of a keyed stream: draws are found by (request, attempt), not by order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(pub u64);

/// The few draws of one attempt of one request. `Copy`, eight bytes, costs nothing to make.
#[derive(Clone, Copy, Debug)]
pub struct Draws(u64);

impl Streams {
    /// Streams of `seed` and replication number `replication` (0 for the first).
    #[must_use]
    pub const fn new(seed: u64, replication: u64) -> Self {
        Self { root: mix(seed ^ mix(replication ^ 0x6b65_7966_6c65_6574)) }
    }

    /// The sequential stream of one purpose of one component.
    #[must_use]
    pub fn stream(&self, purpose: Purpose, id: &str) -> Stream {
        Stream::seed_from_u64(self.key(purpose, id).0)
    }

    /// The keyed stream of one purpose of one component.
    #[must_use]
    pub fn key(&self, purpose: Purpose, id: &str) -> Key {
        Key(mix(self.root ^ mix(purpose as u64 ^ stable_hash(id))))
    }
}

impl Key {
    /// What attempt `attempt` of request `request` draws from this stream.
    #[inline]
    #[must_use]
    pub const fn draws(self, request: u64, attempt: u32) -> Draws {
        let name = request.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ (attempt as u64).wrapping_mul(0xa076_1d64_78bd_642f);
        Draws(mix(self.0 ^ name))
    }
}

impl Draws {
    /// Draws that continue from a stored state (see [`Draws::state`]).
    #[inline]
    #[must_use]
    pub const fn from_state(state: u64) -> Self {
        Self(state)
    }

    /// The state, to be carried in an event.
    #[inline]
    #[must_use]
    pub const fn state(self) -> u64 {
        self.0
    }

    /// An independent branch for another purpose within the same attempt.
    #[inline]
    #[must_use]
    pub const fn branch(self, purpose: Purpose) -> Self {
        Self(mix(self.0 ^ (purpose as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
impl TryRng for Draws {
    type Error = Infallible;

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        Ok(mix(self.0))
    }

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// A uniform number in [0, 1) with 53 bits.
#[inline]
pub fn unit<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    fraction(rng.next_u64())
}

/// The upper 53 of these bits as a number in [0, 1). Signed, for processors convert signed numbers in one step.
#[inline]
const fn fraction(bits: u64) -> f64 {
    (bits >> 11).cast_signed() as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A 64-bit bijection whose every output bit depends on every input bit: SplitMix64's finaliser, variant 13 of Stafford.
#[inline]
#[must_use]
pub const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A hash of a component's id that is the same on every machine and in every version: FNV-1a, mixed.
#[must_use]
pub fn stable_hash(id: &str) -> u64 {
    let fnv = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    mix(fnv)
}
