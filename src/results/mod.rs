//! Documents and tables: what a run leaves behind, written whole or not at all.

mod access;
mod assemble;
mod caches;
mod controls;
mod document;
mod emergency;
mod estimate;
mod faults;
mod files;
mod folder;
pub mod json;
mod changes;
mod life;
mod location;
mod loss;
pub(crate) mod number;
mod recovery;
mod remedy;
mod rows;
mod people;
mod quota;
mod saturation;
pub mod tables;
mod survey;
mod survival;
mod timeline;
mod transport;
mod work;
pub(crate) mod verdict;

pub use assemble::{document, signer};
pub use document::*;
pub use files::{can_write, write_files};
pub use folder::{Folder, is_results};
pub use rows::{Work, replication_rows, work};
