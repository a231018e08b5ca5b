//! What facts say of the life of each key version, held against the life cycle of NIST SP 800-57 as the test itself knows it.

use keyfleet::kms::{Cause, Fact, KeyRef, KeyVersion};
use std::collections::{BTreeMap, BTreeSet};

/// What a test knows of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Generated,
    InUse,
    Replaced,
    Gone,
}

/// All versions that facts spoke of.
#[derive(Default)]
pub struct Lives {
    versions: BTreeMap<KeyVersion, Known>,
    active: BTreeMap<KeyRef, u32>,
    /// The highest number that a version of a key ever had.
    newest: BTreeMap<KeyRef, u32>,
    due: BTreeSet<KeyRef>,
    retired: BTreeSet<KeyRef>,
    born: BTreeSet<KeyRef>,
}

impl Lives {
    /// Takes a fact; `first` is the number of the version that a key has at the start.
    pub fn take(&mut self, fact: Fact, first: impl Fn(KeyRef) -> u32) -> Option<&'static str> {
        match fact {
            Fact::RotationDue { key, cause } => {
                self.due.insert(key);
                Some(match cause {
                    Cause::Emergency => panic!("{key:?}: there is no emergency access"),
                    Cause::Compromise | Cause::Wrapping => "a leaked key fell due",
                    Cause::Loss => "a lost key fell due",
                    Cause::Uses => "a key fell due for its uses",
                    Cause::Age => "a key fell due for its age",
                    Cause::New => panic!("a key without a version is not rotated"),
                })
            }
            Fact::Generated { version, .. } => {
                let newest = self.newest.entry(version.key).or_insert_with(|| first(version.key));
                let is_new = first(version.key) == 0 && !self.active.contains_key(&version.key);
                assert!(is_new || self.due.contains(&version.key), "{version:?} was made although nothing was due");
                *newest += 1;
                assert_eq!(version.version, *newest, "numbers follow one another, and none is given twice");
                let before = self.versions.insert(version, Known::Generated);
                assert_eq!(before, None, "{version:?} was made twice");
                None
            }
            Fact::Activated { version, first: is_first, .. } => {
                let was = first(version.key);
                assert_eq!(is_first, was == 0 && self.born.insert(version.key), "{version:?}: a key comes once");
                let before = self.versions.insert(version, Known::InUse);
                assert_eq!(before, Some(Known::Generated), "{version:?} is active");
                let old = self.active.insert(version.key, version.version).unwrap_or_else(|| first(version.key));
                assert!(old < version.version, "{version:?} takes over from a later version, {old}");
                let old = KeyVersion { key: version.key, version: old };
                if self.versions.get(&old) != Some(&Known::Gone) {
                    self.versions.insert(old, Known::Replaced);
                }
                self.due.remove(&version.key);
                None
            }
            Fact::Destroyed(version) => {
                let active = self.active.get(&version.key).copied().unwrap_or_else(|| first(version.key));
                let over = version.version < active || self.retired.contains(&version.key);
                assert!(over, "{version:?} is destroyed while it is in use");
                let before = self.versions.insert(version, Known::Gone);
                assert_ne!(before, Some(Known::Gone), "{version:?} is destroyed twice");
                Some("a version was destroyed")
            }
            Fact::VersionLost { version, used, .. } => {
                self.versions.insert(version, Known::Gone);
                // A new key whose provisioning failed may be provisioned again.
                if !used && first(version.key) == 0 && self.active.get(&version.key) == Some(&version.version) {
                    self.active.remove(&version.key);
                }
                None
            }
            Fact::Compromised { .. } => Some("keys leaked"),
            _ => None,
        }
    }

    /// A key is to be used no more: all its versions may be destroyed.
    pub fn retire(&mut self, key: KeyRef) {
        self.retired.insert(key);
    }

    /// An operation is handed to an HSM: only under the version in use.
    pub fn used(&self, version: KeyVersion, first: u32) {
        let active = self.active.get(&version.key).copied().unwrap_or(first);
        assert_eq!(version.version, active, "{version:?} is used");
        assert_ne!(self.versions.get(&version), Some(&Known::Gone), "{version:?} is used after it was destroyed");
    }
}
