"""Makes holidays.csv: public holidays of whole countries, 2024 to 2036, from the PyPI package `holidays` (MIT).

Dates that depend on the moon or on a government's decision are estimates; their names say so where the package does.
"""

import warnings

import holidays

from common import plain, write_csv

COUNTRIES = (
    "AE AR AT AU BE BG BH BR CA CH CL CN CO CR CY CZ DE DK DO DZ EC EE EG ES FI FR GB GH GR HK HR HU ID IE IL IN IS IT JO JP KE "
    "KR KW KZ LI LT LU LV MA MT MX MY NG NL NO NZ OM PA PE PH PK PL PT PY QA RO RS RU SA SE SG SI SK TH TN TR TW US UY VN ZA"
).split()
# The national list of GB leaves out what England, Scotland and Northern Ireland keep apart: England has most of the people.
PART = {"GB": "ENG"}


def main():
    warnings.simplefilter("ignore")  # the package ends in 2035 for some countries
    rows = []
    for country in COUNTRIES:
        days = holidays.country_holidays(country, subdiv=PART.get(country), years=range(2024, 2037), language="en_US")
        for day, name in sorted(days.items()):
            rows.append((country, day.isoformat(), plain(name.split(";")[0])[:40].strip()))
    assert len({r[:2] for r in rows}) == len(rows)
    write_csv(
        "holidays.csv",
        ["Public holidays of whole countries (GB: England), 2024-2036: PyPI holidays 0.109, MIT. Made by make/holidays_table.py."],
        ["country", "date", "name"],
        rows,
    )
    print(len(rows), "holidays of", len({r[0] for r in rows}), "countries; none for", set(COUNTRIES) - {r[0] for r in rows})


main()
