//! A drawing as a list of marks in logical pixels, before it is an SVG or a PNG. Charts only make marks; `paint` alone knows
//! plotters.

/// Red, green, blue.
pub(crate) type Colour = (u8, u8, u8);
/// Rightwards and downwards, in logical pixels.
pub(crate) type Point = (f64, f64);

/// Text and axes; in SVG it becomes the colour of the surrounding text, so that it also works on a dark page.
pub(crate) const INK: Colour = (0x1b, 0x1c, 0x1d);
// Okabe and Ito, Color Universal Design (2008): told apart with any colour vision.
pub(crate) const BLUE: Colour = (0x00, 0x72, 0xb2);
pub(crate) const SKY: Colour = (0x56, 0xb4, 0xe9);
pub(crate) const GREEN: Colour = (0x00, 0x9e, 0x73);
pub(crate) const ORANGE: Colour = (0xe6, 0x9f, 0x00);
pub(crate) const VERMILLION: Colour = (0xd5, 0x5e, 0x00);
pub(crate) const PURPLE: Colour = (0xcc, 0x79, 0xa7);

/// Lines of one chart are told apart by colour and dash together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Long,
    Short,
    Dots,
    LongShort,
}

impl Dash {
    /// Lengths of strokes and gaps in logical pixels.
    pub(crate) const fn lengths(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[6.0, 2.5],
            Self::Short => &[3.0, 2.0],
            Self::Dots => &[1.5, 2.0],
            Self::LongShort => &[6.0, 2.0, 1.5, 2.0],
        }
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) colour: Colour,
    pub(crate) width: f64,
    pub(crate) dash: Dash,
    pub(crate) opacity: f64,
}

impl Pen {
    pub(crate) const fn new(colour: Colour, width: f64) -> Self {
        Self { colour, width, dash: Dash::Solid, opacity: 1.0 }
    }

    pub(crate) const fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    pub(crate) const fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// What is filled, and how strongly.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill {
    pub(crate) colour: Colour,
    pub(crate) opacity: f64,
}

impl Fill {
    pub(crate) const fn new(colour: Colour, opacity: f64) -> Self {
        Self { colour, opacity }
    }
}

/// Which part of a text lies at its point; vertically it is always the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) opacity: f64,
    pub(crate) bold: bool,
}

/// Ordinary labels.
pub(crate) const LABEL: Type = Type { size: 11.0, anchor: Anchor::Start, opacity: 1.0, bold: false };
/// Ticks and notes.
pub(crate) const NOTE: Type = Type { size: 10.5, anchor: Anchor::Start, opacity: 0.75, bold: false };
/// The heading of a panel.
pub(crate) const HEADING: Type = Type { size: 13.0, anchor: Anchor::Start, opacity: 1.0, bold: true };

impl Type {
    pub(crate) const fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// One thing drawn.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Line { points: Vec<Point>, pen: Pen },
    Area { points: Vec<Point>, fill: Fill },
    Rect { from: Point, to: Point, fill: Fill },
    Disc { centre: Point, radius: f64, fill: Fill },
    Ring { centre: Point, radius: f64, pen: Pen },
    Text { at: Point, text: String, set: Type },
}

/// A drawing.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) marks: Vec<Mark>,
}

impl Scene {
    pub(crate) const fn new(width: f64, height: f64) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, pen: Pen) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, pen });
        }
    }

    pub(crate) fn area(&mut self, points: Vec<Point>, fill: Fill) {
        if points.len() > 2 {
            self.marks.push(Mark::Area { points, fill });
        }
    }

    pub(crate) fn rect(&mut self, from: Point, to: Point, fill: Fill) {
        self.marks.push(Mark::Rect { from, to, fill });
    }

    pub(crate) fn disc(&mut self, centre: Point, radius: f64, fill: Fill) {
        self.marks.push(Mark::Disc { centre, radius, fill });
    }

    pub(crate) fn ring(&mut self, centre: Point, radius: f64, pen: Pen) {
        self.marks.push(Mark::Ring { centre, radius, pen });
    }

    pub(crate) fn text(&mut self, at: Point, text: &str, set: Type) {
        self.marks.push(Mark::Text { at, text: super::text::plain(text), set });
    }

    /// Puts `other` into this drawing with its corner at `at`.
    pub(crate) fn place(&mut self, other: &Self, at: Point) {
        let move_to = |(x, y): Point| (x + at.0, y + at.1);
        self.marks.extend(other.marks.iter().cloned().map(|mark| match mark {
            Mark::Line { points, pen } => Mark::Line { points: points.into_iter().map(move_to).collect(), pen },
            Mark::Area { points, fill } => Mark::Area { points: points.into_iter().map(move_to).collect(), fill },
            Mark::Rect { from, to, fill } => Mark::Rect { from: move_to(from), to: move_to(to), fill },
            Mark::Disc { centre, radius, fill } => Mark::Disc { centre: move_to(centre), radius, fill },
            Mark::Ring { centre, radius, pen } => Mark::Ring { centre: move_to(centre), radius, pen },
            Mark::Text { at, text, set } => Mark::Text { at: move_to(at), text, set },
        }));
    }
}
