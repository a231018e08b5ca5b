"""Makes shapes.toml: hour-of-day and weekday profiles of demand, scaled to mean 1."""

from common import DATASETS

FLAT_DAY, FLAT_WEEK = [1.0] * 24, [1.0] * 7
NAB = "github.com/numenta/NAB (MIT)"
SHAPES = [
    ("flat", "The same at every hour of every day.", FLAT_DAY, FLAT_WEEK, 1.0, "assumed", "by definition"),
    (
        "payments",
        "Card payments: shops by day, a peak in the early evening, most on Friday and Saturday.",
        [28, 20, 15, 13, 13, 18, 32, 55, 80, 98, 112, 125, 142, 138, 132, 138, 152, 172, 186, 178, 148, 112, 78, 48],
        [0.93, 0.94, 0.96, 1.02, 1.17, 1.12, 0.86], 0.85, "assumed",
        "no public hourly series found; shape of retail opening hours, evening peak",
    ),
    (
        "business",
        "Office work: working hours with a lunch dip, little at the weekend.",
        [18, 15, 14, 14, 16, 24, 48, 95, 165, 205, 212, 200, 168, 182, 205, 200, 182, 142, 92, 62, 46, 36, 28, 22],
        [1.28, 1.34, 1.34, 1.30, 1.18, 0.29, 0.27], 0.3, "assumed", "no public hourly series found; office hours",
    ),
    (
        "consumer",
        "People out and about: New York taxi trips, local time.",
        [97, 72, 53, 38, 28, 24, 48, 82, 101, 106, 106, 112, 118, 118, 122, 117, 100, 119, 144, 151, 143, 142, 138, 123],
        [0.90, 0.96, 1.00, 1.04, 1.06, 1.10, 0.94], 0.9, "measured",
        f"hours: {NAB} nyc_taxi 215 days; weekdays: within its weekend range 0.97-1.12 and the holiday factor are assumed",
    ),
    (
        "web",
        "Requests at a public web service: an AWS load balancer.",
        [92, 100, 85, 84, 82, 77, 68, 72, 73, 73, 76, 73, 99, 111, 121, 122, 121, 153, 123, 138, 149, 126, 90, 93],
        [1.08, 1.10, 1.10, 1.09, 1.07, 0.82, 0.74], 0.8, "measured",
        f"hours: {NAB} elb_request_count_8c0756 14 days; weekend 0.74-0.82 measured; weekdays and holiday factor assumed",
    ),
    (
        "batch-night",
        "Batches after the close of business: settlement, statements, re-wrapping.",
        [220, 260, 280, 270, 230, 160, 80, 40, 28, 26, 26, 26, 26, 26, 26, 28, 30, 34, 46, 70, 110, 150, 180, 205],
        [0.85, 1.12, 1.14, 1.14, 1.14, 1.08, 0.53], 0.6, "assumed", "no public hourly series found; runs between 20 h and 6 h",
    ),
]


def mean_one(values):
    """`values` scaled to mean 1, three decimals, the rounding error put on the largest."""
    mean = sum(values) / len(values)
    scaled = [round(1000 * v / mean) for v in values]
    scaled[scaled.index(max(scaled))] += 1000 * len(values) - sum(scaled)
    return ", ".join(f"{v / 1000:.3f}" for v in scaled)


def main():
    lines = [
        "# Shapes of demand by local time: hours 0-23, weekdays Monday to Sunday, each with mean 1; holiday is the factor on",
        "# a public holiday, relative to the weekday it falls on. Made by make/shapes.py.",
    ]
    for name, what, hours, weekdays, holiday, badge, source in SHAPES:
        lines += [
            "", f"# {what}", f"[shape.{name}]", f"hours = [{mean_one(hours)}]", f"weekdays = [{mean_one(weekdays)}]",
            f"holiday = {holiday}", f'badge = "{badge}"', f'source = "{source}"',
        ]
    (DATASETS / "shapes.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
