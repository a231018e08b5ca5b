//! Announced changes of demand: a launch, a sale, a mass re-issue. A surge multiplies whatever demand there is and does not
//! know who causes it.

use super::{Curve, Grid};
use crate::time::{Span, Time};

/// Demand times `factor` between two instants, with linear ramps inside them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    /// When demand begins to change.
    pub from: Time,
    /// When it is as before again.
    pub until: Time,
    /// What demand is multiplied by between the ramps, zero or more.
    pub factor: f64,
    /// How long demand takes to rise, and again to fall; at most half of the surge.
    pub ramp: Span,
}

impl Surge {
    /// The mean factor between two instants, exact, so that expected counts are right however coarse the slots are.
    fn mean_factor(&self, from: Time, until: Time) -> f64 {
        let change = (self.area(until) - self.area(from)) / until.since(from).as_secs_f64();
        1.0 + (self.factor - 1.0) * change
    }

    /// Seconds of full effect until `at`: the integral of the trapezoid that rises from 0 to 1 and falls again.
    fn area(&self, at: Time) -> f64 {
        let lasts = self.until.since(self.from).as_secs_f64();
        let ramp = self.ramp.as_secs_f64().min(lasts / 2.0);
        let now = at.since(self.from).as_secs_f64().min(lasts);
        let ramped = |t: f64| if t < ramp { t * t / (2.0 * ramp) } else { t - ramp / 2.0 };
        if now <= lasts - ramp { ramped(now) } else { lasts - ramp - ramped(lasts - now) }
    }
}

impl Curve {
    /// This demand under surges, on slots that divide its own and the grid's. Each slot has its exact mean; surges that
    /// overlap multiply. A surge without a ramp that begins inside a slot is spread over it.
    ///
    /// # Panics
    /// When a factor is negative or not finite.
    #[must_use]
    pub fn surged(&self, surges: &[Surge], grid: Grid) -> Self {
        surges.iter().fold(self.clone(), |curve, surge| {
            assert!(surge.factor >= 0.0, "demand times {}", surge.factor);
            // Rounding must not make a factor of zero negative.
            let factors = grid.starts().map(|start| surge.mean_factor(start, start + grid.slot).max(0.0));
            curve.combine(&Self::new(grid.slot, factors.collect()), |rate, factor| rate * factor)
        })
    }
}
