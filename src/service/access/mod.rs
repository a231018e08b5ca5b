//! Who may do what: tenants, the secrets that their tokens are made with, rules, and limits. A gate stands before the routing of
//! each origin and turns away what shows no valid token, what no rule allows, and what is too much. Knows nothing of sites.

mod control;
mod gate;
mod rules;
mod secrets;
mod turned;
mod window;

pub use crate::bucket::{Bucket, Limit};
pub use gate::{Gate, Wanted};
pub use rules::{Countries, Question, Rule, Rulebook};
pub use secrets::{Known, Secrets, TokenPolicy, proof};
pub use window::Window;

use crate::kms::TenantId;
use crate::time::Span;
use std::fmt;

/// Who is served first when a site has more to do than it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Shed first.
    Low,
    /// In between.
    #[default]
    Normal,
    /// Shed last.
    High,
}

/// A tenant.
#[derive(Clone)]
pub struct TenantEntry {
    /// Hash of its id.
    pub name: u64,
    /// Its secret zero: all of its secrets are made from it.
    pub seed: [u8; 32],
}

impl fmt::Debug for TenantEntry {
    /// Without what its secrets are made from.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantEntry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the gates go by.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Tenants, by [`TenantId`]; none where callers are not told apart, and no token is asked for.
    pub tenants: Vec<TenantEntry>,
    /// How tokens are made and judged.
    pub tokens: TokenPolicy,
    /// What is allowed; `None` where everything is that shows a valid token.
    pub rules: Option<Rulebook>,
}

/// An origin, as its gate sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guarded {
    /// Whose callers they are; `None` where callers are not told apart.
    pub tenant: Option<TenantId>,
    /// Operations that the tenant may ask for here.
    pub limit: Option<Limit>,
    /// A call of theirs is not put into a queue in which it would wait longer; [`Span::MAX`] for any.
    pub patience: Span,
}
