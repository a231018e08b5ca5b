//! Segments sealed at rest: AES-256-GCM under a key that HKDF derives for each log from the owner's secret and the log's root
//! hash. Another log has another root and so another key; within a log each segment has its number as nonce: no nonce is used
//! twice with one key, and the same log is sealed to the same bytes. The secret comes from a file or descriptor, never from a
//! command line.

use super::tree::{Hash, hex};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How a sealed segment begins; the root and the segment's number follow.
const MAGIC: &str = "keyfleet-audit-sealed/1";
/// Hexadecimal digits of a secret.
const DIGITS: usize = 64;

/// Why something cannot be sealed or unsealed.
#[derive(Debug)]
pub enum SealError {
    /// The file of the key cannot be read.
    Unreadable(io::Error),
    /// Others than the owner may read or write it.
    Open,
    /// It does not hold 64 hexadecimal digits.
    NoKey,
    /// A segment is not sealed with this key, or was changed.
    Wrong,
}

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Self::Open => f.write_str("others than its owner may read or write it: chmod 600"),
            Self::NoKey => f.write_str("it does not hold 64 hexadecimal digits: `openssl rand -hex 32` makes them"),
            Self::Wrong => f.write_str("it was sealed with another key, or was changed"),
        }
    }
}

/// The owner's secret, 32 bytes.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// A secret at hand.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Reads it as 64 hexadecimal digits from the file named `from`, which only its owner may read and write, or with
    /// `fd:N` from descriptor N.
    ///
    /// # Errors
    /// Where the file cannot be read, is open to others, or does not hold a secret.
    pub fn read(from: &str) -> Result<Self, SealError> {
        let descriptor = from.strip_prefix("fd:").filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        let path = descriptor.map_or_else(|| from.to_owned(), |n| format!("/dev/fd/{n}"));
        let file = File::open(Path::new(&path)).map_err(SealError::Unreadable)?;
        if descriptor.is_none() && !is_private(&file).map_err(SealError::Unreadable)? {
            return Err(SealError::Open);
        }
        let mut text = String::new();
        // A little more than is needed, so that what goes on is seen.
        file.take(DIGITS as u64 + 8).read_to_string(&mut text).map_err(SealError::Unreadable)?;
        let text = text.trim_end();
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(SealError::NoKey);
        }
        let byte = |i: usize| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("two hexadecimal digits");
        Ok(Self(std::array::from_fn(byte)))
    }

    fn for_log(&self, root: &str) -> LessSafeKey {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, root.as_bytes());
        let info: [&[u8]; 1] = [b"keyfleet: audit segments"];
        let secret = salt.extract(&self.0);
        let key = secret.expand(&info, &AES_256_GCM).expect("32 bytes can be derived");
        LessSafeKey::new(UnboundKey::from(key))
    }

    /// Seals segment `number` of the log with this root.
    #[must_use]
    pub fn seal(&self, root: &Hash, number: u64, mut bytes: Vec<u8>) -> Vec<u8> {
        let root = hex(root);
        let head = head(&root, number);
        let key = self.for_log(&root);
        let sealed = key.seal_in_place_append_tag(nonce(number), Aad::from(head.as_bytes()), &mut bytes);
        sealed.expect("a segment is far below the limit of GCM");
        [head.as_bytes(), &bytes].concat()
    }

    /// Opens what should be sealed segment `number`.
    ///
    /// # Errors
    /// Where it is not that, was changed, or was sealed with another key.
    pub fn unseal(&self, number: u64, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let end = sealed.iter().position(|byte| *byte == b'\n').ok_or(SealError::Wrong)?;
        let (start, body) = sealed.split_at(end + 1);
        let start = std::str::from_utf8(start).map_err(|_| SealError::Wrong)?;
        let root = start.split(' ').nth(1).ok_or(SealError::Wrong)?;
        if start != head(root, number) {
            return Err(SealError::Wrong);
        }
        let mut body = body.to_vec();
        let opened = self.for_log(root).open_in_place(nonce(number), Aad::from(start.as_bytes()), &mut body);
        let length = opened.map_err(|_| SealError::Wrong)?.len();
        body.truncate(length);
        Ok(body)
    }
}

fn head(root: &str, number: u64) -> String {
    format!("{MAGIC} {root} {number}\n")
}

fn nonce(number: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(unix)]
fn is_private(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let about = file.metadata()?;
    Ok(about.is_file() && about.mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(file: &File) -> io::Result<bool> {
    file.metadata().map(|about| about.is_file())
}
