//! Callers: how much they ask for over time (shapes, growth, events, histories), when each request arrives, and which key it
//! is about. Of users also from which address, and which data keys clients still have. Knows nothing of holidays or time zones: whoever builds a curve says what the local time is. Knows
//! nothing of the service that answers.

mod shape;
mod curve;
mod surge;
mod history;
mod arrivals;
mod popularity;
mod users;
mod skew;
mod cache;

pub use arrivals::{Arrivals, Pattern};
pub use cache::{Cache, Keeping, Start};
pub use curve::{Curve, Grid};
pub use history::{History, HistoryError, Reason};
pub use popularity::Popularity;
pub use shape::{LocalTime, Shape, ShapeError, parse_shapes};
pub use skew::Skew;
pub use surge::Surge;
pub use users::{Habits, Users};
