//! The words that profiles and scenarios share: names of key algorithms and of calls. A profile may name more of both;
//! of these keyfleet knows what they are, so that a slip of the pen does not pass for a new one.

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// As written in scenarios and profiles.
    pub name: &'static str,
    /// Whether one key does both directions: such keys are all served by a profile's `[op]`.
    pub symmetric: bool,
    /// What it is.
    pub meaning: &'static str,
}

const fn symmetric(name: &'static str, meaning: &'static str) -> Algorithm {
    Algorithm { name, symmetric: true, meaning }
}

const fn pair(name: &'static str, meaning: &'static str) -> Algorithm {
    Algorithm { name, symmetric: false, meaning }
}

/// The algorithms that scenarios may name without a profile of their own.
pub const ALGORITHMS: [Algorithm; 27] = [
    symmetric("aes-128", "AES with 128-bit keys"),
    symmetric("aes-192", "AES with 192-bit keys"),
    symmetric("aes-256", "AES with 256-bit keys"),
    symmetric("chacha20-poly1305", "ChaCha20 with Poly1305"),
    symmetric("hmac-sha256", "HMAC with SHA-256"),
    symmetric("hmac-sha384", "HMAC with SHA-384"),
    symmetric("hmac-sha512", "HMAC with SHA-512"),
    symmetric("sm4", "SM4, the Chinese block cipher"),
    symmetric("tdes-112", "triple DES with two keys, as payment systems still use it"),
    symmetric("tdes-168", "triple DES with three keys"),
    pair("rsa-2048", "RSA with a modulus of 2,048 bits"),
    pair("rsa-3072", "RSA with a modulus of 3,072 bits"),
    pair("rsa-4096", "RSA with a modulus of 4,096 bits"),
    pair("ec-p256", "elliptic curve P-256 of NIST (secp256r1)"),
    pair("ec-p384", "elliptic curve P-384 of NIST (secp384r1)"),
    pair("ec-p521", "elliptic curve P-521 of NIST (secp521r1)"),
    pair("ec-secp256k1", "elliptic curve secp256k1, as blockchains use it"),
    pair("ed25519", "EdDSA on Curve25519"),
    pair("ed448", "EdDSA on Curve448"),
    pair("x25519", "key agreement on Curve25519"),
    pair("ml-dsa-44", "post-quantum signatures of FIPS 204, category 2"),
    pair("ml-dsa-65", "post-quantum signatures of FIPS 204, category 3"),
    pair("ml-dsa-87", "post-quantum signatures of FIPS 204, category 5"),
    pair("ml-kem-768", "post-quantum key encapsulation of FIPS 203, category 3"),
    pair("ml-kem-1024", "post-quantum key encapsulation of FIPS 203, category 5"),
    pair("slh-dsa-128s", "hash-based signatures of FIPS 205, category 1, small"),
    pair("sm2", "SM2, the Chinese elliptic-curve scheme"),
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

/// What keyfleet knows of the algorithm `name`.
#[must_use]
pub fn algorithm(name: &str) -> Option<&'static Algorithm> {
    ALGORITHMS.iter().find(|known| known.name == name)
}
