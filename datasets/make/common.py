"""What the dataset scripts share: one way to write a table, so that a second run gives the same bytes."""

from pathlib import Path

DATASETS = Path(__file__).resolve().parent.parent


def write_csv(name, comments, header, rows):
    """Write `rows` under `header`. The reader splits on commas and knows no quoting: no field may hold one."""
    lines = [f"# {line}" for line in comments] + [",".join(header)]
    for row in rows:
        fields = [str(field).strip() for field in row]
        assert len(fields) == len(header), row
        assert not any("," in f or "\n" in f or '"' in f for f in fields), row
        lines.append(",".join(fields))
    (DATASETS / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_csv(name):
    """The rows of a table written by `write_csv`, as dictionaries."""
    lines = [l for l in (DATASETS / name).read_text(encoding="utf-8").splitlines() if not l.startswith("#")]
    header = lines[0].split(",")
    return [dict(zip(header, line.split(","), strict=True)) for line in lines[1:]]


def plain(text):
    """`text` without what a field may not hold."""
    return " ".join(text.replace(",", "").replace('"', "").split())
