"""A file of shifts is read row by row; what cannot be read says why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import Invalid
from app.demo import rota as demo_rota
from app.demo.generator import FACILITIES, generate
from app.staffing.rota import Given, fault, read_csv, read_time

NY = "America/New_York"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEAD = "Employee Number,Start,End,Unit,Kind\n"


def test_rows_are_read_in_the_zone_of_the_hospital() -> None:
    content = (
        HEAD
        + "E1,2026-11-23 07:00,2026-11-23 19:00,4W,\n\n"
        + "E2,11/23/2026 19:00,2026-11-24T07:00-05:00,,On call\n"
    )
    given, refused = read_csv(content.encode(), NY)
    assert refused == []
    assert given == [
        Given(2, "E1", NOW + timedelta(hours=3), NOW + timedelta(hours=15), "planned", "4W"),
        Given(4, "E2", NOW + timedelta(hours=15), NOW + timedelta(hours=27), "on_call"),
    ]


def test_bad_rows_are_refused_one_by_one() -> None:
    rows = [
        ",2026-11-23 07:00,2026-11-23 19:00",
        "E1,yesterday,2026-11-23 19:00",
        "E1,2026-11-23 07:00",
        "E1,2027-03-14 02:30,2027-03-14 09:00",
        "E1,2026-11-23 07:00,2026-11-23 19:00",
    ]
    given, refused = read_csv(b"employee_number;start;end\n" + "\n".join(rows).replace(",", ";").encode(), NY)
    assert [g.row for g in given] == [6]
    assert [r.row for r in refused] == [2, 3, 4, 5]
    assert [r.why.split(":")[0] for r in refused] == ["employee_number", "start", "end", "start"]
    assert "clocks go forward" in refused[3].why


@pytest.mark.parametrize("content", [b"", b"name,when\nA,B\n", b"\x00\x01,\n", b"x" * (4 * 1024 * 1024 + 1)])
def test_what_is_no_such_file(content: bytes) -> None:
    with pytest.raises(Invalid, match="file"):
        read_csv(content, NY)


def test_an_hour_that_comes_twice_is_its_first() -> None:
    assert read_time("2026-11-01 01:30", NY) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert read_time("2026-04-05 01:45", "Australia/Lord_Howe") == datetime(2026, 4, 4, 14, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "begin", "end", "why"),
    [
        ("planned", 0, 12, None),
        ("planned", 0, 0, "end: must come after"),
        ("planned", 0, 37, "end: a shift is at most 36 hours"),
        ("on_call", 0, 168, None),
        ("on_call", 0, 200, "end: a shift is at most 192 hours"),
        ("worked", -12, 0, None),
        ("worked", -12, 1, "kind: has not been worked yet"),
        ("holiday", 0, 12, "kind: 'holiday' must be one of worked, planned, on_call"),
        ("planned", 401 * 24, 401 * 24 + 8, "start: must be within 400 days"),
    ],
)
def test_shifts_are_checked(kind: str, begin: int, end: int, why: str | None) -> None:
    found = fault(Given(1, "E1", NOW + timedelta(hours=begin), NOW + timedelta(hours=end), kind), NOW)
    assert found is None if why is None else found is not None and found.startswith(why)


def test_the_demo_works_day_and_night_and_its_days_fit_together() -> None:
    people = generate(NOW).people
    first, last = date(2026, 10, 25), date(2026, 11, 12)  # clocks go back on 1 November
    whole = list(demo_rota.shifts(FACILITIES, people, first, last))
    middle = date(2026, 11, 3)
    parts = [*demo_rota.shifts(FACILITIES, people, first, middle)]
    parts += demo_rota.shifts(FACILITIES, people, middle + timedelta(days=1), last)
    assert sorted(whole, key=repr) == sorted(parts, key=repr)
    assert len({(s.person, s.starts_at, s.kind) for s in whole}) == len(whole)
    begin = datetime(2026, 10, 27, tzinfo=UTC)
    for hour in range(0, 14 * 24, 5):
        now = begin + timedelta(hours=hour)
        here = [s for s in whole if s.kind == "planned" and s.starts_at <= now < s.ends_at]
        for code, least in (("SBMC", 20), ("QRCH", 3), ("TLH", 1)):
            assert sum(s.facility == code for s in here) >= least, (code, now)
        assert any(
            s.kind == "on_call" and s.job == "trauma surgery" for s in whole if s.starts_at <= now < s.ends_at
        )
    floors = demo_rota.floors(people, whole)
    assert {f.facility for f in floors} == {"SBMC", "QRCH", "TLH"}
    assert all(f.least > 0 for f in floors)
