//! Drawings painted with plotters, as SVG and as PNG from the same marks and with the same embedded font. Knows nothing of
//! charts; the only place that names plotters.

use super::scene::{Anchor, Colour, Dash, INK, Mark, Pen, Point, Scene, Type};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::sync::Once;

/// Device pixels, and units of the SVG, per logical pixel: plotters knows whole coordinates only.
const SCALE: f64 = 2.0;
/// plotters' SVG divides a font's size by this; PNG text comes out 6 % larger than the same in SVG.
const FONT_SIZE: f64 = 1.24;
/// plotters sets the middle of a text on a raster higher than in SVG, by this share of its size.
const BITMAP_SINK: f64 = 0.17;
/// Added to the width of a dashed line so that its tag can be found in the SVG and given a dash pattern.
const DASH_MARK: u32 = 1000;
const DASHES: [Dash; 4] = [Dash::Long, Dash::Short, Dash::Dots, Dash::LongShort];

static FONT: &[u8] = include_bytes!("../../assets/DejaVuSans-subset.ttf");

/// Width of `text` in logical pixels at this size.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    font(size).box_size(text).map_or(0.0, |(w, _)| f64::from(w)) / SCALE
}

/// `text`, cut with an ellipsis so that it is at most `width` logical pixels wide.
pub(crate) fn fit(text: &str, size: f64, width: f64) -> String {
    let mut most = text.chars().count();
    loop {
        let candidate = super::text::shorten(text, most);
        if most <= 1 || text_width(&candidate, size) <= width {
            return candidate;
        }
        most -= 1;
    }
}

/// What a reader who does not see a drawing is told.
pub(crate) struct Spoken<'a> {
    /// Unique in the page: names the elements that hold the texts.
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) description: &'a str,
}

/// The drawing as one `<svg>` element, without prologue. Inside HTML the name space is implied and left out.
pub(crate) fn svg(scene: &Scene, spoken: &Spoken<'_>, standalone: bool) -> String {
    let size = ((scene.width * SCALE) as u32, (scene.height * SCALE) as u32);
    let mut raw = String::new();
    paint(&SVGBackend::with_string(&mut raw, size).into_drawing_area(), scene, false);
    let body = raw.split_once(">\n").map_or("", |(_, rest)| rest);
    let mut body = tidy(body);
    for (i, dash) in DASHES.iter().enumerate() {
        let lengths: Vec<String> = dash.lengths().iter().map(|l| (l * SCALE).to_string()).collect();
        for width in 1..=8_u32 {
            let mark = format!(" stroke-width=\"{}\"", width + DASH_MARK * (i as u32 + 1));
            let pattern = format!(" stroke-width=\"{width}\" stroke-dasharray=\"{}\"", lengths.join(" "));
            body = body.replace(&mark, &pattern);
        }
    }
    let (name_space, backdrop) = if standalone {
        // Seen by itself it brings its own paper: viewers may show it on black.
        (
            " xmlns=\"http://www.w3.org/2000/svg\" color=\"#1B1C1D\"",
            "<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n",
        )
    } else {
        ("", "")
    };
    let id = spoken.id;
    format!(
        "<svg{name_space} width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" \
         font-family=\"system-ui, 'DejaVu Sans', Verdana, sans-serif\" stroke-linejoin=\"round\">\n<title id=\"{id}-t\">{}</title>\n\
         <desc id=\"{id}-d\">{}</desc>\n{backdrop}{body}",
        scene.width,
        scene.height,
        size.0,
        size.1,
        super::text::escape(spoken.title),
        super::text::escape(spoken.description),
    )
}

/// Takes out what every element repeats and turns ink into the colour of the text around the drawing. Quotes within texts are
/// escaped by plotters, so none of these attributes can stand in a text.
fn tidy(body: &str) -> String {
    let ink = format!("=\"#{:02X}{:02X}{:02X}\"", INK.0, INK.1, INK.2);
    body.replace(&ink, "=\"currentColor\"")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" opacity=\"1\"", "")
        .replace(" text-anchor=\"start\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" \"/>", "\"/>")
}

/// The drawing as a PNG file on white paper.
pub(crate) fn png(scene: &Scene) -> Vec<u8> {
    let (width, height) = ((scene.width * SCALE) as u32, (scene.height * SCALE) as u32);
    let mut pixels = vec![0xff; width as usize * height as usize * 3];
    paint(&BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area(), scene, true);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("writing into memory cannot fail");
    writer.write_image_data(&pixels).expect("the buffer has the size that the header says");
    writer.finish().expect("writing into memory cannot fail");
    file
}

fn paint<B: DrawingBackend>(area: &DrawingArea<B, Shift>, scene: &Scene, raster: bool) {
    for mark in &scene.marks {
        draw(area, mark, raster).expect("drawing into memory with the embedded font cannot fail");
    }
    area.present().expect("an image in memory needs no writing");
}

fn draw<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    mark: &Mark,
    raster: bool,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    match mark {
        Mark::Line { points, pen } if raster => trace(area, points, *pen),
        Mark::Line { points, pen } => {
            let dash = DASHES.iter().position(|d| *d == pen.dash).map_or(0, |i| i as u32 + 1);
            let style = rgb(pen.colour).mix(pen.opacity).stroke_width(device(pen.width) + DASH_MARK * dash);
            area.draw(&PathElement::new(whole(points), style))
        }
        Mark::Area { points, fill } => area.draw(&Polygon::new(whole(points), rgb(fill.colour).mix(fill.opacity))),
        Mark::Rect { from, to, fill } => {
            area.draw(&Rectangle::new([pixel(*from), pixel(*to)], rgb(fill.colour).mix(fill.opacity).filled()))
        }
        Mark::Disc { centre, radius, fill } => {
            let style = rgb(fill.colour).mix(fill.opacity).filled();
            area.draw(&Circle::new(pixel(*centre), device(*radius), style))
        }
        Mark::Ring { centre, radius, pen } => {
            let style = rgb(pen.colour).mix(pen.opacity).stroke_width(device(pen.width));
            area.draw(&Circle::new(pixel(*centre), device(*radius), style))
        }
        Mark::Text { at, text, set } => {
            let (x, y) = pixel(if raster { (at.0, at.1 + set.size * BITMAP_SINK) } else { *at });
            // The font has no bold face: on a raster bold is the same twice, a little apart.
            if raster && set.bold {
                area.draw(&Text::new(text.clone(), (x + 1, y), text_style(*set)))?;
            }
            area.draw(&Text::new(text.clone(), (x, y), text_style(*set)))
        }
    }
}

/// A line on a raster. plotters smooths only lines one pixel wide and draws no dashes, so a wide line is several thin ones
/// side by side, and a dashed one many short ones.
fn trace<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    points: &[Point],
    pen: Pen,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    const BESIDE: [(i32, i32); 5] = [(0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)];
    let strands = match device(pen.width) {
        0 | 1 => 1,
        2 => 3,
        _ => 5,
    };
    let style = rgb(pen.colour).mix(pen.opacity).stroke_width(1);
    // Overlapping strands of a see-through line would show: such a line stays thin.
    let strands = if pen.opacity < 1.0 { 1 } else { strands };
    for piece in super::geometry::dashes(points, pen.dash.lengths()) {
        for (dx, dy) in &BESIDE[..strands] {
            let path: Vec<(i32, i32)> = whole(&piece).into_iter().map(|(x, y)| (x + dx, y + dy)).collect();
            area.draw(&PathElement::new(path, style))?;
        }
    }
    Ok(())
}

fn text_style(set: Type) -> TextStyle<'static> {
    let horizontal = match set.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let weight = if set.bold { FontStyle::Bold } else { FontStyle::Normal };
    let colour = rgb(INK).mix(set.opacity).to_backend_color();
    let style = TextStyle::from(font(set.size).style(weight)).pos(Pos::new(horizontal, VPos::Center));
    TextStyle { color: colour, ..style }
}

fn font(size: f64) -> FontDesc<'static> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The font is part of the program, so this fails for all or for none; without it text could not be measured.
        assert!(register_font("sans-serif", FontStyle::Normal, FONT).is_ok(), "the embedded font is sound");
    });
    FontDesc::new(FontFamily::SansSerif, size * SCALE * FONT_SIZE, FontStyle::Normal)
}

const fn rgb(c: Colour) -> RGBColor {
    RGBColor(c.0, c.1, c.2)
}

fn pixel((x, y): Point) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn device(length: f64) -> u32 {
    ((length * SCALE).round() as u32).max(1)
}

fn whole(points: &[Point]) -> Vec<(i32, i32)> {
    let mut out: Vec<(i32, i32)> = points.iter().map(|p| pixel(*p)).collect();
    out.dedup();
    if out.len() == 1 {
        out.push((out[0].0 + 1, out[0].1));
    }
    out
}
