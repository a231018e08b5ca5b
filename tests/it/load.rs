//! Demand, arrivals, popularity and load histories against what theory says of them.

mod arrivals;
mod curve;
mod history;
mod popularity;
