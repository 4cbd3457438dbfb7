"""CSV files of others: what is a number, what is none, and where the trouble stands."""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.surge import csvfile
from app.surge.csvfile import Columns, Unreadable
from tests.support.data import real

ZONES = {"SBMC": "America/New_York", "QRCH": "America/Chicago"}
BEDS = Columns(
    time_column="when", facility_column="hospital", unit_column="unit", values={"occupied_beds": "beds"}
)


def rows(*lines: str) -> str:
    return "\n".join(("when,hospital,unit,beds", *lines))


@pytest.mark.parametrize(
    ("text", "value", "rounded"),
    [
        ("26", 26, False),
        ("1,234", 1234, False),
        ("12,345,678"[:6], 12345, False),
        ("26.4", 26, True),
        ("26.5", 27, True),
        ("26.0", 26, False),
        ("+7", 7, False),
        ("0", 0, False),
    ],
)
def test_numbers(text: str, value: int, rounded: bool) -> None:
    assert csvfile.number(text) == (value, rounded)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-1", "out of range"),
        ("-0.4", "out of range"),
        ("100001", "out of range"),
        ("41.46%", "percentage"),
        ("12,34", "no number"),
        ("1.2.3", "no number"),
        ("ten", "no number"),
        ("1e5", "no number"),
        ("٣", "no number"),
        ("9" * 400, "out of range"),
    ],
)
def test_what_is_no_count_says_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        csvfile.number(text)


@given(st.integers(0, 100_000))
def test_every_count_is_read_with_and_without_commas(value: int) -> None:
    assert csvfile.number(f"{value:,}") == csvfile.number(str(value)) == (value, False)


@given(st.text(max_size=12))
def test_any_text_is_a_count_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= csvfile.number(text)[0] <= 100_000


@pytest.mark.parametrize(
    ("text", "order", "found"),
    [
        ("2026-11-23", "ymd", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("2026-11-23 14:30", "ymd", datetime(2026, 11, 23, 19, 30, tzinfo=UTC)),
        ("2026-11-23T14:30:00Z", "ymd", datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
        ("2026/11/23", "ymd", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("11/23/2026 7:05", "mdy", datetime(2026, 11, 23, 12, 5, tzinfo=UTC)),
        ("23.11.2026", "dmy", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("07/04/2026", "mdy", datetime(2026, 7, 4, 4, tzinfo=UTC)),
    ],
)
def test_moments(text: str, order: str, found: datetime) -> None:
    assert csvfile.moment(text, order, "America/New_York") == found


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-02-30", "23/11/2026"])
def test_what_is_no_date_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        csvfile.moment(text, "ymd", "UTC")


def test_suppressed_missing_and_left_out_are_no_numbers_and_no_troubles() -> None:
    text = rows(
        "2026-11-23,SBMC,ICU,-999999",
        "2026-11-23,SBMC,ICU,-999999.0",
        "2026-11-23,SBMC,ICU,NA",
        "2026-11-23,SBMC,ICU,",
        "2026-11-23,Elsewhere,ICU,4",
        "",
        '2026-11-23,SBMC,ICU,"1,204"',
    )
    columns = Columns(**{**_plain(BEDS), "facility_names": {"Elsewhere": ""}})
    found = csvfile.read(text, columns, ZONES)
    assert (found.rows, found.suppressed, found.missing, found.left_out) == (6, 2, 2, 1)
    assert [(f.line, f.value) for f in found.found] == [(8, 1204)]
    assert found.troubles == []


def test_each_trouble_has_line_column_value_and_what_is_allowed() -> None:
    text = rows(
        "2026-11-23,SBMC,ICU,many",
        "23/11/2026,SBMC,ICU,3",
        "2026-11-23,St. Nowhere,ICU,3",
        "2026-11-23,SBMC,ICU,3,4",
        "2026-11-23,SBMC,ICU,-3",
        "2026-11-23,SBMC,ICU,3",
    )
    found = csvfile.read(text, BEDS, ZONES)
    assert [(t.line, t.column, t.value) for t in found.troubles] == [
        (2, "beds", "many"),
        (3, "when", "23/11/2026"),
        (4, "hospital", "St. Nowhere"),
        (5, "", ""),
        (6, "beds", "-3"),
    ]
    assert found.unknown_facilities == {"St. Nowhere": 1}
    assert [f.value for f in found.found] == [3]


def test_lines_are_those_of_the_file_also_after_a_cell_with_a_line_break() -> None:
    text = rows('2026-11-23,"SB\nMC",ICU,1', "2026-11-23,SBMC,ICU,x")
    assert [t.line for t in csvfile.read(text, BEDS, ZONES).troubles] == [2, 4]


def test_names_are_mapped_and_times_are_the_hospitals_own() -> None:
    columns = Columns(
        **{
            **_plain(BEDS),
            "facility_names": {"Quill": "QRCH"},
            "unit_names": {"Critical": "ICU", "Attic": ""},
        }
    )
    text = rows("2026-11-23,Quill,Critical,3", "2026-11-23,Quill,Attic,9")
    found = csvfile.read(text, columns, ZONES)
    assert [(f.facility, f.unit, f.observed_at) for f in found.found] == [
        ("QRCH", "ICU", datetime(2026, 11, 23, 6, tzinfo=UTC))
    ]
    assert found.left_out == 1


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("a,b\nÄrzte,1".encode(), "utf-8"),
        ("a,b\nÄrzte,1".encode("utf-8-sig"), "utf-8-sig"),
        ("a,b\nÄrzte,1".encode("latin-1"), "latin-1"),
        (gzip.compress(b"a,b\nx,1", mtime=0), "utf-8"),
    ],
)
def test_encodings(content: bytes, encoding: str) -> None:
    text, found = csvfile.decode(content)
    assert found == encoding
    assert csvfile.header(text) == ["a", "b"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"only one column\n1",
        b"a,a\n1,2",
        b"\x1f\x8b broken",
        "a,b\n1,2".encode("utf-16"),
        b"\xef\xbb\xbfa,b\n\xff,1",
    ],
)
def test_what_is_no_csv_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(Unreadable):
        csvfile.header(csvfile.decode(content)[0])


def test_a_compressed_file_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csvfile, "LARGEST", 1024)
    with pytest.raises(Unreadable, match="larger"):
        csvfile.decode(gzip.compress(b"a,b\n" * 10_000, mtime=0))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators(mark: str) -> None:
    text = rows("2026-11-23,SBMC,ICU,7").replace(",", mark)
    assert [f.value for f in csvfile.read(text, BEDS, ZONES).found] == [7]


def _plain(columns: Columns) -> dict[str, object]:
    return {name: getattr(columns, name) for name in columns.__dataclass_fields__}


def _all_mapped(text: str, columns: Columns) -> Columns:
    """Every name in the file mapped to the one hospital."""
    names = {row[columns.facility_column].strip() for row in csv.DictReader(io.StringIO(text))}
    return Columns(**{**_plain(columns), "facility_names": dict.fromkeys(names, "SBMC")})


def test_the_federal_weekly_file() -> None:
    """Suppressed counts, NA, averages with fractions, keys that are no numbers: each cell is accounted for."""
    content = real("hhs_facility_weekly/2022-09-23.csv.gz")
    if content is None:
        content = gzip.compress(FEDERAL.encode())
    text, _ = csvfile.decode(content)
    guessed = csvfile.guess(csvfile.header(text))
    assert guessed.time_column == "collection_week"
    assert guessed.facility_column == "hospital_name"
    found = csvfile.read(text, _all_mapped(text, guessed), ZONES)
    cells = list(csv.DictReader(io.StringIO(text)))
    column = guessed.values["occupied_beds"]
    suppressed = sum(row[c] == "-999999" for row in cells for c in guessed.values.values())
    missing = sum(row[c] in ("NA", "") for row in cells for c in guessed.values.values())
    assert (found.rows, found.troubles) == (len(cells), [])
    assert (found.suppressed, found.missing) == (suppressed, missing)
    assert suppressed > 0
    assert len(found.found) == len(cells) * len(guessed.values) - suppressed - missing
    by_line = {f.line: f.value for f in found.found if f.metric == "occupied_beds"}
    for line, row in enumerate(cells, 2):
        if line in by_line:
            assert abs(by_line[line] - float(row[column])) <= 0.5


def test_the_florida_snapshots() -> None:
    """Thousands commas in quotes, shares beside counts; census plus available is capacity in every row."""
    content = real("florida_hospital_snapshots/hospital_beds.csv.gz")
    if content is None:
        content = gzip.compress(FLORIDA.encode())
    text, _ = csvfile.decode(content)
    guessed = csvfile.guess(csvfile.header(text))
    assert guessed.values == {"staffed_beds": "Total Staffed Bed Capacity", "occupied_beds": "Bed Census"}
    found = csvfile.read(text, _all_mapped(text, guessed), ZONES)
    assert found.troubles == []
    assert found.rounded == 0
    values = {(f.line, f.metric): f.value for f in found.found}
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        free = int(row["Available"].replace(",", ""))
        assert values[line, "staffed_beds"] - values[line, "occupied_beds"] == free
    shares = Columns(
        **{**_plain(_all_mapped(text, guessed)), "values": {"staffed_beds": "Available Capacity"}}
    )
    wrong = csvfile.read(text, shares, ZONES)
    percentages = {
        n for n, row in enumerate(csv.DictReader(io.StringIO(text)), 2) if "%" in row["Available Capacity"]
    }
    assert percentages.isdisjoint(f.line for f in wrong.found)
    assert "percentage" in wrong.troubles[0].message


FEDERAL = """hospital_pk,collection_week,state,hospital_name,inpatient_beds_used_7_day_avg,inpatient_beds_7_day_avg
010001,2022-09-23,AL,North Ridge,301.4,402
3b081d5e,2022-09-23,AL,Small Creek,-999999,25
010005,2022-09-23,AL,Old Mill,NA,NA
010006,2022-09-23,AL,Lake Side,118.5,120.1
"""
FLORIDA = """snapshot_date,County,FileNumber,ProviderName,Available,Available Capacity,Bed Census,Total Staffed Bed Capacity
2020-05-03,A,100001,NORTH RIDGE,250,41.46%,353,603
2020-05-07,A,100002,LAKE SIDE,"1,003",50.15%,997,"2,000"
"""  # noqa: E501


def test_a_row_that_is_no_csv_is_found_before_anything_is_taken() -> None:
    huge = rows("2026-11-23,SBMC,ICU," + "9" * (csv.field_size_limit() + 1))
    with pytest.raises(Unreadable, match="Line 2"):
        csvfile.row_count(huge)
