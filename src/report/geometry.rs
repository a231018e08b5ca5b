//! Plane geometry of drawings: dashes along a line, polygons clipped to a window, labels kept apart. Knows nothing of what is
//! drawn.

use super::scene::Point;

/// The strokes of a dashed line; the whole line where `lengths` (strokes and gaps in turn) is empty.
pub(crate) fn dashes(points: &[Point], lengths: &[f64]) -> Vec<Vec<Point>> {
    if lengths.is_empty() {
        return vec![points.to_vec()];
    }
    let mut out = Vec::new();
    let mut stroke = vec![points[0]];
    let (mut turn, mut left) = (0, lengths[0]);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let rest = distance(from, to);
            if rest <= left {
                left -= rest;
                stroke.push(to);
                break;
            }
            from = between(from, to, left / rest);
            stroke.push(from);
            if turn % 2 == 0 {
                out.push(std::mem::take(&mut stroke));
            }
            stroke = vec![from];
            turn = (turn + 1) % lengths.len();
            left = lengths[turn];
        }
    }
    if turn % 2 == 0 && stroke.len() > 1 {
        out.push(stroke);
    }
    out
}

/// The part of a polygon within the rectangle from `low` to `high` (Sutherland and Hodgman 1974); empty if none.
pub(crate) fn clip(polygon: &[Point], low: Point, high: Point) -> Vec<Point> {
    let mut out = polygon.to_vec();
    type Edge = (fn(Point) -> f64, f64, f64);
    let edges: [Edge; 4] =
        [(|p| p.0, low.0, 1.0), (|p| p.0, high.0, -1.0), (|p| p.1, low.1, 1.0), (|p| p.1, high.1, -1.0)];
    for (along, limit, sign) in edges {
        let inside = |p: Point| (along(p) - limit) * sign >= 0.0;
        let input = std::mem::take(&mut out);
        for (i, &to) in input.iter().enumerate() {
            let from = input[(i + input.len() - 1) % input.len()];
            if inside(from) != inside(to) {
                out.push(between(from, to, (limit - along(from)) / (along(to) - along(from))));
            }
            if inside(to) {
                out.push(to);
            }
        }
    }
    out
}

/// Moves heights apart so that neighbours differ by at least `gap`, keeping their order and staying within `low..=high`
/// where they fit.
pub(crate) fn spread(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut out = wanted.to_vec();
    let mut floor = low;
    for &i in &order {
        out[i] = wanted[i].max(floor);
        floor = out[i] + gap;
    }
    let mut ceiling = high;
    for &i in order.iter().rev() {
        out[i] = out[i].min(ceiling);
        ceiling = out[i] - gap;
    }
    out
}

/// The point that lies `share` of the way from `a` to `b`.
pub(crate) fn between(a: Point, b: Point, share: f64) -> Point {
    (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share)
}

/// Length of the straight line from `a` to `b`.
pub(crate) fn distance(a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    (dx * dx + dy * dy).sqrt()
}
