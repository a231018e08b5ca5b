//! Axes: scales with few, round ticks, the frame they are drawn around, faults and changes of demand as shaded bands.
//! Knows nothing of what is plotted.

use super::clock::Clock;
use super::number;
use super::paint;
use super::scene::{Anchor, Fill, INK, NOTE, Pen, SKY, Scene, VERMILLION};

/// From a quantity to a height: 0 at the bottom of a frame, 1 at its top.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scale {
    /// From zero, with ticks a step apart.
    Linear { high: f64, step: f64 },
    /// Both positive.
    Log { low: f64, high: f64 },
}

impl Scale {
    /// A linear scale from zero up to a round number.
    pub(crate) fn linear(highest: f64) -> Self {
        let highest = if highest > 0.0 { highest } else { 1.0 };
        Self::up_to(highest, round_up(highest / 3.0))
    }

    /// A linear scale of seconds: its ticks are whole seconds, minutes, hours or days.
    pub(crate) fn seconds(longest: f64) -> Self {
        match STEPS_S.into_iter().find(|step| *step >= longest / 3.0) {
            Some(step) if longest >= 1.0 => Self::up_to(longest, step),
            None => Self::up_to(longest, 86_400.0 * round_up(longest / 3.0 / 86_400.0)),
            _ => Self::linear(longest),
        }
    }

    fn up_to(highest: f64, step: f64) -> Self {
        Self::Linear { high: (highest / step).ceil() * step, step }
    }

    /// Logarithmic where the values span more than a factor of 30, else linear.
    pub(crate) fn for_range(lowest: f64, highest: f64) -> Self {
        if lowest > 0.0 && highest / lowest > 30.0 {
            Self::Log { low: lowest / 1.15, high: highest * 1.15 }
        } else {
            Self::linear(highest)
        }
    }

    /// Where `v` lies, cut to 0..=1.
    pub(crate) fn share(self, v: f64) -> f64 {
        let share = match self {
            Self::Linear { high, .. } => v / high,
            Self::Log { low, high } if v > 0.0 => libm::log(v / low) / libm::log(high / low),
            Self::Log { .. } => 0.0,
        };
        share.clamp(0.0, 1.0)
    }

    /// Round values for ticks: at most six.
    pub(crate) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Linear { high, step } => (0..6).map(|i| f64::from(i) * step).filter(|v| *v <= high * 1.001).collect(),
            Self::Log { low, high } => {
                let decades = libm::log10(high / low);
                let all: Vec<f64> =
                    (-9..12).flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * libm::pow(10.0, f64::from(e)))).collect();
                let wanted = |v: &&f64| {
                    let first = **v / libm::pow(10.0, libm::floor(libm::log10(**v * 1.0001)));
                    first < 1.5 || decades <= 1.8 || (decades <= 2.4 && first > 4.0)
                };
                let every = (decades / 5.0).ceil() as usize;
                let within = |v: &&f64| **v >= low * 0.999 && **v <= high * 1.001;
                let ticks: Vec<f64> = all.iter().filter(wanted).filter(within).copied().collect();
                ticks.into_iter().step_by(every.max(1)).collect()
            }
        }
    }
}

/// Between ticks in seconds: round in the unit in which they are read.
const STEPS_S: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0, 43_200.0,
    86_400.0,
];

/// A tick of [`Scale::seconds`] in the unit of its step: `90 s`, `10 min`, `6 h`.
pub(crate) fn seconds_label(scale: Scale, tick: f64) -> String {
    let (length, unit) = match scale {
        Scale::Linear { step, .. } if step >= 86_400.0 => (86_400.0, "d"),
        Scale::Linear { step, .. } if step >= 3_600.0 => (3_600.0, "h"),
        Scale::Linear { step, .. } if step >= 60.0 => (60.0, "min"),
        Scale::Linear { step, .. } if step >= 1.0 => (1.0, "s"),
        _ => return number::time_s(tick),
    };
    format!("{} {unit}", number::trimmed(tick / length))
}

/// The next 1, 2 or 5 times a power of ten.
fn round_up(v: f64) -> f64 {
    let decade = libm::pow(10.0, libm::floor(libm::log10(v)));
    let first = [1.0, 2.0, 5.0].into_iter().find(|m| m * decade >= v * 0.9999).unwrap_or(10.0);
    first * decade
}

/// The rectangle that a plot over time is drawn in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    /// Length of the run in seconds.
    pub(crate) until_s: f64,
    pub(crate) scale: Scale,
}

/// A fault or an announced change of demand on the time axis.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    /// Its name in all charts: `A`, `B`, … of a fault, `1`, `2`, … of a change of demand. Empty where there are too
    /// many to be told apart.
    pub(crate) letter: String,
    /// Whether it is a change of demand.
    pub(crate) demand: bool,
    pub(crate) what: String,
    pub(crate) from_s: f64,
    pub(crate) until_s: f64,
}

impl Frame {
    pub(crate) fn x(&self, s: f64) -> f64 {
        self.left + (s / self.until_s).clamp(0.0, 1.0) * (self.right - self.left)
    }

    pub(crate) fn y(&self, v: f64) -> f64 {
        self.bottom - self.scale.share(v) * (self.bottom - self.top)
    }

    /// Shades faults and changes of demand and writes their letters above the frame. Letters that would overlap stand
    /// together, so that none that the key lists is missing.
    pub(crate) fn draw_bands(&self, scene: &mut Scene, bands: &[Band]) {
        let mut labels: Vec<(f64, Vec<&str>)> = Vec::new();
        for band in bands {
            let (from, until) = (self.x(band.from_s), self.x(band.until_s));
            let until = until.max(from + 1.5).min(self.right.max(from + 0.5));
            let fill = if band.demand { Fill::new(SKY, 0.22) } else { Fill::new(VERMILLION, 0.16) };
            scene.rect((from, self.top), (until, self.bottom), fill);
            if !band.letter.is_empty() {
                labels.push((f64::midpoint(from, until), vec![&band.letter]));
            }
        }
        for (middle, letters) in self.apart(labels) {
            scene.text((middle, self.top - 7.0), &letters.join(","), NOTE.at(Anchor::Middle));
        }
    }

    /// Joins labels (middle, letters) until none overlaps another and all lie within the frame.
    fn apart<'a>(&self, mut labels: Vec<(f64, Vec<&'a str>)>) -> Vec<(f64, Vec<&'a str>)> {
        let half = |letters: &[&str]| paint::text_width(&letters.join(","), NOTE.size) / 2.0;
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut out: Vec<(f64, Vec<&str>)> = Vec::new();
        for (mut middle, mut letters) in labels {
            loop {
                middle = middle.min(self.right - half(&letters)).max(self.left + half(&letters));
                let free_from = out.last().map_or(f64::MIN, |(before, letters)| before + half(letters) + 3.0);
                if free_from <= middle - half(&letters) {
                    break;
                }
                let (before, mut joined) = out.pop().expect("it is not free, so there is one");
                middle = f64::midpoint(before, middle);
                joined.append(&mut letters);
                joined.sort_unstable();
                letters = joined;
            }
            out.push((middle, letters));
        }
        out
    }

    /// Ticks of the values, as faint lines with labels on the left.
    pub(crate) fn draw_values(&self, scene: &mut Scene, label: impl Fn(f64) -> String) {
        for tick in self.scale.ticks() {
            let y = self.y(tick);
            scene.line(vec![(self.left, y), (self.right, y)], Pen::new(INK, 0.5).faint(0.16));
            scene.text((self.left - 5.0, y), &label(tick), NOTE.at(Anchor::End));
        }
    }

    /// The time axis with its labels.
    pub(crate) fn draw_times(&self, scene: &mut Scene, clock: Clock) {
        scene.line(vec![(self.left, self.bottom), (self.right, self.bottom)], Pen::new(INK, 1.0).faint(0.6));
        for (at, label) in clock.ticks(self.until_s, 5) {
            let x = self.x(at);
            scene.line(vec![(x, self.bottom), (x, self.bottom + 3.5)], Pen::new(INK, 1.0).faint(0.6));
            scene.text((x, self.bottom + 11.0), &label, NOTE.at(Anchor::Middle));
        }
    }
}
