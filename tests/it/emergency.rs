//! Emergency access across shards: under any order of inputs, in small fleets step by step, and as the shipped scenarios teach it.

mod anywhere;
mod grants;
mod properties;
mod settle;
mod shipped;
mod sometimes;
