"""Makes rtt.csv: published round trips between metros, in ms, one row per pair (the mean of both directions)."""

from common import read_csv, write_csv

IBM = ("github.com/ibm-cloud-docs/vpc network-latency (30-day average)", "2026-08-16")
AWS = ("acomputerscientistlearnsaws.blogspot.com (AWS averages)", "2017-04-01")
JAN19 = ("github.com/ConsenSys/wittgenstein NetworkLatency.java (AWS)", "2019-01-01")
PING = ("cloudping.co (AWS p50)", "2026-08-01")
METROS = "Dallas Toronto Washington Frankfurt London Madrid Montreal Chennai Mumbai Osaka Sydney Tokyo Sao_Paulo".split()
MATRIX = """
- 35 32 123 113 119 42 248 249 152 186 145 142
34 - 19 93 83 108 11 223 200 142 216 135 126
31 19 - 86 76 89 15 240 218 147 215 142 122
124 93 86 - 13 29 89 141 118 236 250 229 191
113 83 76 13 - 26 79 141 118 245 261 238 181
118 110 88 29 26 - 104 154 130 259 276 253 215
43 10 16 89 79 106 - 219 197 150 224 143 121
248 221 244 141 140 152 219 - 24 112 126 105 363
248 201 219 121 120 129 196 24 - 139 152 132 343
152 142 147 236 246 262 150 122 139 - 108 9 291
187 214 216 249 260 275 222 126 152 108 - 101 327
145 135 139 228 239 253 143 104 131 9 101 - 284
141 125 124 192 181 211 123 369 338 289 325 283 -
"""
# N. Virginia counts as Washington, N. California as San Jose, Oregon as Boardman, Ireland as Dublin.
SINGLE = [
    ("Washington", AWS, {"San Jose": 73, "Boardman": 87, "Dublin": 81, "Seoul": 178, "Singapore": 217}),
    ("Boardman", AWS, {"Dublin": 137, "Tokyo": 89, "Singapore": 161}),
    ("Dublin", AWS, {"Frankfurt": 20, "Singapore": 239, "Sydney": 310}),
    ("Tokyo", AWS, {"Seoul": 31, "Singapore": 74}),
    ("Singapore", AWS, {"Sydney": 175}),
    ("Mumbai", JAN19, {"Singapore": 62}),
    ("Cape Town", PING, {"Dublin": 157, "Washington": 227, "Singapore": 205, "Sao Paulo": 337, "Dubai": 127}),
    ("Hong Kong", PING, {"Singapore": 34, "Tokyo": 53, "Boardman": 146, "Frankfurt": 199}),
]


def main():
    names = [m.replace("_", " ") for m in METROS]
    matrix = [line.split() for line in MATRIX.strip().splitlines()]
    rows = []
    for i, a in enumerate(names):
        for j in range(i + 1, len(names)):
            mean = (float(matrix[i][j]) + float(matrix[j][i])) / 2
            rows.append((a, names[j], f"{mean:g}", *IBM))
    for a, (source, as_of), others in SINGLE:
        rows += [(a, b, ms, source, as_of) for b, ms in others.items()]
    pairs = [frozenset(r[:2]) for r in rows]
    assert len(set(pairs)) == len(pairs)
    metros = {p["metro"] for p in read_csv("places.csv")}
    assert set().union(*pairs) <= metros, set().union(*pairs) - metros
    write_csv(
        "rtt.csv",
        ["Published round trips between metros (mean of both directions). Made by make/rtt.py."],
        ["metro_a", "metro_b", "rtt_ms", "source", "as_of"],
        rows,
    )


main()
