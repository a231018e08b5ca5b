//! Checkpoints: what a log holds, signed, in the formats of C2SP: `tlog-checkpoint` for the text, `signed-note` for the
//! signature (Ed25519). Whoever keeps one elsewhere can tell later whether the log still holds all that it held then.

use super::tree::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::hkdf;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;
use std::str::FromStr;

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;

/// What a log held at some size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `keyfleet/simulated/SCENARIO/DIGEST` of a simulated run.
    pub origin: String,
    /// Records.
    pub size: u64,
    /// The tree's hash.
    pub root: Hash,
}

/// Why a checkpoint or a public key is not one, or not of this log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteError(&'static str);

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Checkpoint {
    fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Reads a signed checkpoint and checks its signature; signatures of others (witnesses) may stand beside it.
    ///
    /// # Errors
    /// Where the text is no signed checkpoint, is not signed by `key`, or is that of another log.
    pub fn open(text: &str, key: &PublicKey) -> Result<Self, NoteError> {
        let at = text.rfind("\n\n").ok_or(NoteError("it is not a signed note: no empty line before the signatures"))?;
        let (body, signatures) = (&text[..=at], &text[at + 2..]);
        // A signed note ends with lines of signatures and nothing else.
        if !signatures.ends_with('\n') || !signatures.lines().all(|line| line.starts_with("\u{2014} ")) {
            return Err(NoteError("after the empty line it has something else than signatures"));
        }
        let mut lines = signatures.lines().filter_map(|line| line.strip_prefix("\u{2014} ")?.split_once(' '));
        let signed = lines.any(|(name, signature)| {
            let Ok(bytes) = STANDARD.decode(signature) else { return false };
            let Some((id, signature)) = bytes.split_first_chunk::<4>() else { return false };
            let public = UnparsedPublicKey::new(&ED25519, key.bytes);
            name == key.name && *id == key.id() && public.verify(body.as_bytes(), signature).is_ok()
        });
        if !signed {
            return Err(NoteError("no signature in it is right and by the log's public key"));
        }
        let checkpoint = Self::parse(body).ok_or(NoteError("its text is not origin, size and root hash"))?;
        if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(NoteError("its origin is another log's")) }
    }

    fn parse(body: &str) -> Option<Self> {
        let mut lines = body.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let plain = size == "0" || !size.starts_with('0') && size.bytes().all(|byte| byte.is_ascii_digit());
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        (plain && !origin.is_empty()).then_some(())?;
        Some(Self { origin: origin.to_owned(), size: size.parse().ok()?, root })
    }
}

/// A public key under the name of the log that it signs for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    bytes: [u8; 32],
}

impl PublicKey {
    /// The log that it signs for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name || 0x0A || type || key): what a note names the key by.
    fn id(&self) -> [u8; 4] {
        let input = [self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.bytes].concat();
        let hash = digest(&SHA256, &input);
        *hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
    }
}

impl fmt::Display for PublicKey {
    /// As a note verifier key: `NAME+ID+KEY`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519_TYPE], &self.bytes[..]].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for PublicKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let parsed = (|| {
            let (name, rest) = text.trim_end().split_once('+')?;
            let (_, key) = rest.split_once('+')?;
            let key: [u8; 33] = STANDARD.decode(key).ok()?.try_into().ok()?;
            let (kind, bytes) = key.split_first()?;
            (*kind == ED25519_TYPE).then_some(Self { name: name.to_owned(), bytes: bytes.try_into().ok()? })
        })();
        let key = parsed.ok_or(NoteError("it is not NAME+ID+KEY with an Ed25519 key"))?;
        if key.to_string() == text.trim_end() { Ok(key) } else { Err(NoteError("its parts do not belong together")) }
    }
}

/// Signs checkpoints of one log.
#[derive(Debug)]
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Signer {
    /// The signer of a simulated run's log. Its key follows from the scenario's seed and digest: whoever has these can sign,
    /// which is why the origin says *simulated*.
    #[must_use]
    pub fn simulated(scenario: &str, digest: &str, seed: u64, run: &str) -> Self {
        let fit = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' };
        let name = format!("keyfleet/simulated/{}/{run}", scenario.chars().map(fit).collect::<String>());
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"keyfleet: simulated audit log");
        let key = salt.extract(&[&seed.to_be_bytes(), digest.as_bytes()].concat());
        let mut bytes = [0; 32];
        let info: [&[u8]; 1] = [b"Ed25519 checkpoint key"];
        key.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut bytes)).expect("32 bytes can be derived");
        let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).expect("any 32 bytes are a seed");
        let public = pair.public_key().as_ref().try_into().expect("an Ed25519 key has 32 bytes");
        Self { pair, public: PublicKey { name, bytes: public } }
    }

    /// The key that checks what it signs.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A checkpoint of the log at `size` with `root`, as a signed note.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let body = Checkpoint { origin: self.public.name.clone(), size, root }.body();
        let signature = [&self.public.id()[..], self.pair.sign(body.as_bytes()).as_ref()].concat();
        format!("{body}\n\u{2014} {} {}\n", self.public.name, STANDARD.encode(signature))
    }
}
