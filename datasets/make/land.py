"""Makes land.csv: the outline of the land at 1:110 million (Natural Earth, public domain), from npm's world-atlas 2.0.2.

Fetches the package with `npm pack` into a temporary folder. One ring per line: `lon lat` pairs in tenths of a degree
rounded, first point repeated last; points that rounding makes equal are dropped.
"""

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from common import write_csv


def topology():
    """TopoJSON of the land, as shipped in the package."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", "world-atlas@2.0.2"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            return json.load(archive.extractfile("package/land-110m.json"))


def arcs(topo):
    """Each arc as a list of (lon, lat)."""
    (sx, sy), (tx, ty) = topo["transform"]["scale"], topo["transform"]["translate"]
    for arc in topo["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        yield points


def ring(indices, lines):
    """The closed ring made of `indices`; ~i means arc i backwards."""
    points = []
    for index in indices:
        line = lines[index] if index >= 0 else lines[~index][::-1]
        points += line if not points else line[1:]
    rounded = []
    for lon, lat in points:
        point = (round(lon, 1) + 0.0, round(lat, 1) + 0.0)
        if not rounded or rounded[-1] != point:
            rounded.append(point)
    return rounded


def main():
    topo = topology()
    lines = list(arcs(topo))
    rings = []
    for geometry in topo["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings += [ring(indices, lines) for polygon in polygons for indices in polygon]
    rows = []
    for number, points in enumerate(r for r in rings if len(r) >= 4):
        assert points[0] == points[-1]
        rows.append((number, " ".join(f"{lon:g} {lat:g}" for lon, lat in points)))
    write_csv(
        "land.csv",
        ["Land at 1:110 million: Natural Earth (public domain) through npm world-atlas 2.0.2 (ISC). Made by make/land.py.",
         "points: lon lat lon lat ... in degrees; each ring ends where it began."],
        ["ring", "points"],
        rows,
    )
    print(len(rows), "rings")


main()
