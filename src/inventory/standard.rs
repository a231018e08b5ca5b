//! What NIST SP 800-57 Part 1 Rev. 5 says of keys, as far as an inventory can be held against it: what a key is by the calls that
//! are made with it, and how long it should then be used. Knows algorithms and calls, and no fleet.

use crate::hsm;
use crate::time::Span;
use serde::Serialize;

const YEAR: Span = Span::from_secs(365 * 86_400);

/// Strength in bits below which no key may protect anything (§5.6.3, table 4: disallowed, and legacy use to open what is protected;
/// so SP 800-131A Rev. 2).
pub(super) const LEAST_BITS: u16 = 112;
/// Strength in bits below which no key may protect anything once [`STRONGER_FROM`] has come (§5.6.3, table 4).
pub(super) const LATER_BITS: u16 = 128;
/// 2031-01-01T00:00:00Z, Unix seconds: table 4 allows 112 bits through 2030.
pub(super) const STRONGER_FROM: i64 = 1_924_992_000;
/// How much longer than it protects a symmetric key may recover what it protected (§5.3.6, table 1: the recipient uses it for
/// at most the originator's usage period and three years).
pub(super) const RECOVERY: Span = Span(3 * YEAR.0);

/// What a key is for, in the words of §5.3.6 table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// The private half of a pair that signs.
    PrivateSignature,
    /// The private half of a pair that opens what was encrypted or wrapped to its public half.
    PrivateKeyTransport,
    /// Encrypts and decrypts data.
    SymmetricDataEncryption,
    /// Wraps other keys.
    SymmetricKeyWrapping,
    /// Makes and checks message authentication codes, or the values that cards and PINs are checked by.
    SymmetricAuthentication,
}

impl KeyType {
    /// What keys of `algorithm` are that `call` is made with; nothing where the private or secret key has no part in it. A key
    /// that keyfleet does not know is of a pair where it signs.
    #[must_use]
    pub fn of(algorithm: &str, call: &str) -> Option<Self> {
        let symmetric = hsm::algorithm(algorithm).map_or(call != "sign", |known| known.symmetric);
        match (symmetric, call) {
            (false, "sign") => Some(Self::PrivateSignature),
            (false, "decrypt" | "unwrap") => Some(Self::PrivateKeyTransport),
            (true, "encrypt" | "decrypt" | "translate-pin") => Some(Self::SymmetricDataEncryption),
            (true, "wrap" | "unwrap") => Some(Self::SymmetricKeyWrapping),
            (true, "mac" | "sign" | "verify" | "verify-arqc" | "verify-cvv" | "verify-pin") => {
                Some(Self::SymmetricAuthentication)
            }
            _ => None,
        }
    }

    /// As people say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateSignature => "private signature key",
            Self::PrivateKeyTransport => "private key-transport key",
            Self::SymmetricDataEncryption => "symmetric data-encryption key",
            Self::SymmetricKeyWrapping => "symmetric key-wrapping key",
            Self::SymmetricAuthentication => "symmetric authentication key",
        }
    }

    /// The longest cryptoperiod that §5.3.6 table 1 recommends for protecting with it: a private signature key 1 to 3 years; a
    /// symmetric key for authentication, data encryption or key wrapping up to 2 years of the originator's use; a private
    /// key-transport key up to 2 years. The table is advice: §5.3.1 names the risks that make a period shorter or longer.
    #[must_use]
    pub const fn longest(self) -> Span {
        match self {
            Self::PrivateSignature => Span(3 * YEAR.0),
            Self::PrivateKeyTransport
            | Self::SymmetricDataEncryption
            | Self::SymmetricKeyWrapping
            | Self::SymmetricAuthentication => Span(2 * YEAR.0),
        }
    }

    /// Whether the limit on recovering what it protected, `RECOVERY`, is about it.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        !matches!(self, Self::PrivateSignature | Self::PrivateKeyTransport)
    }
}
