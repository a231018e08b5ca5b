//! The words that profiles and scenarios share: names of key algorithms and of calls. A profile may name more of both;
//! of these keyfleet knows what they are, so that a slip of the pen does not pass for a new one.

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// As written in scenarios and profiles.
    pub name: &'static str,
    /// Whether one key does both directions: such keys are all served by a profile's `[op]`.
    pub symmetric: bool,
    /// Security strength in bits against attacks by classical computers; `None` where NIST rates none.
    pub strength: Option<u16>,
    /// What it is.
    pub meaning: &'static str,
}

const fn symmetric(name: &'static str, strength: Option<u16>, meaning: &'static str) -> Algorithm {
    Algorithm { name, symmetric: true, strength, meaning }
}

const fn pair(name: &'static str, strength: Option<u16>, meaning: &'static str) -> Algorithm {
    Algorithm { name, symmetric: false, strength, meaning }
}

/// The algorithms that scenarios may name without a profile of their own.
///
/// Strengths: NIST SP 800-57 Part 1 Rev. 5 §5.6.1, tables 2 (ciphers, RSA, curves; of triple DES with two keys, whose row says at
/// most 80 bits, the most) and 3 (HMAC, with keys as long as the hash; of those that say 256 or more, 256);
/// RSA with 4,096 bits, which stands between two rows, as SP 800-56B Rev. 2 appendix D estimates it; Curve25519 and Curve448 as
/// in SP 800-186; the category of FIPS 203, 204 and 205 as the strength of the AES or SHA that it is measured by. ChaCha20,
/// SM2 and SM4 are in none of them.
pub const ALGORITHMS: [Algorithm; 27] = [
    symmetric("aes-128", Some(128), "AES with 128-bit keys"),
    symmetric("aes-192", Some(192), "AES with 192-bit keys"),
    symmetric("aes-256", Some(256), "AES with 256-bit keys"),
    symmetric("chacha20-poly1305", None, "ChaCha20 with Poly1305"),
    symmetric("hmac-sha256", Some(256), "HMAC with SHA-256"),
    symmetric("hmac-sha384", Some(256), "HMAC with SHA-384"),
    symmetric("hmac-sha512", Some(256), "HMAC with SHA-512"),
    symmetric("sm4", None, "SM4, the Chinese block cipher"),
    symmetric("tdes-112", Some(80), "triple DES with two keys, as payment systems still use it"),
    symmetric("tdes-168", Some(112), "triple DES with three keys"),
    pair("rsa-2048", Some(112), "RSA with a modulus of 2,048 bits"),
    pair("rsa-3072", Some(128), "RSA with a modulus of 3,072 bits"),
    pair("rsa-4096", Some(152), "RSA with a modulus of 4,096 bits"),
    pair("ec-p256", Some(128), "elliptic curve P-256 of NIST (secp256r1)"),
    pair("ec-p384", Some(192), "elliptic curve P-384 of NIST (secp384r1)"),
    pair("ec-p521", Some(256), "elliptic curve P-521 of NIST (secp521r1)"),
    pair("ec-secp256k1", Some(128), "elliptic curve secp256k1, as blockchains use it"),
    pair("ed25519", Some(128), "EdDSA on Curve25519"),
    pair("ed448", Some(224), "EdDSA on Curve448"),
    pair("x25519", Some(128), "key agreement on Curve25519"),
    pair("ml-dsa-44", Some(128), "post-quantum signatures of FIPS 204, category 2"),
    pair("ml-dsa-65", Some(192), "post-quantum signatures of FIPS 204, category 3"),
    pair("ml-dsa-87", Some(256), "post-quantum signatures of FIPS 204, category 5"),
    pair("ml-kem-768", Some(192), "post-quantum key encapsulation of FIPS 203, category 3"),
    pair("ml-kem-1024", Some(256), "post-quantum key encapsulation of FIPS 203, category 5"),
    pair("slh-dsa-128s", Some(128), "hash-based signatures of FIPS 205, category 1, small"),
    pair("sm2", None, "SM2, the Chinese elliptic-curve scheme"),
];

/// The calls that the shipped profiles time, and what they do.
pub const CALLS: [(&str, &str); 12] = [
    ("decrypt", "decrypts a short message, or with a private key what was encrypted to it"),
    ("encrypt", "encrypts a short message, or with a public key"),
    ("generate", "makes a new key; rotation uses it, and a load may"),
    ("mac", "makes or checks a message authentication code (HMAC, CMAC)"),
    ("sign", "signs a digest with a private key"),
    ("translate-pin", "re-encrypts a PIN block from one key to another"),
    ("unwrap", "takes a key in that is encrypted under another"),
    ("verify", "verifies a signature with a public key"),
    ("verify-arqc", "checks the cryptogram of a chip card and makes the answer"),
    ("verify-cvv", "checks the verification value of a card"),
    ("verify-pin", "checks an encrypted PIN against its reference"),
    ("wrap", "gives a key out, encrypted under another"),
];

/// Whether a call protects something new with its key, as signing and encrypting do; one that only processes what was protected
/// before does not. What keyfleet does not know may protect.
#[must_use]
pub fn protects(call: &str) -> bool {
    !matches!(call, "decrypt" | "unwrap" | "verify" | "verify-cvv" | "verify-pin")
}

/// What keyfleet knows of the algorithm `name`.
#[must_use]
pub fn algorithm(name: &str) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().find(|known| known.name == name)
}
