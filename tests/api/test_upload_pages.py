"""Uploading a CSV file: mapped, checked, taken, remembered; every bad row named."""

from __future__ import annotations

import gzip
import html
import io
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import Database
from app.facilities.models import Facility, Unit
from app.surge.models import CsvUpload, LatestReading, Reading
from tests.support.client import PageClient
from tests.support.data import real
from tests.support.hospital import Hospital

pytestmark = pytest.mark.engine("sqlite")

UNITS = """when,unit,census,staffed
2026-11-22 20:00,ICU,9,12
2026-11-22 20:00,4W,"1,027",30
2026-11-22 20:00,5X,9,12
2026-11-22 20:00,ED,full,24
2026-11-30 20:00,ICU,9,12
"""
COLUMNS = {
    "time_column": "when",
    "date_order": "ymd",
    "facility": "SBMC",
    "unit_column": "unit",
    "value-occupied_beds": "census",
    "value-staffed_beds": "staffed",
}


def upload(client: PageClient, content: bytes, source: str = "State report", status: int = 302) -> str:
    file = (io.BytesIO(content), "beds.csv")
    answer = client.post(
        "/capacity/upload", {"source": source, "file": file}, status, content_type="multipart/form-data"
    )
    return answer.location if status == 302 else answer.text


def latest(db: Database) -> dict[tuple[str, str], int]:
    query = sa.select(Unit.code, LatestReading.metric, LatestReading.value).join(Unit)
    with db.read() as session:
        return {(unit, metric): value for unit, metric, value in session.execute(query)}


def test_good_rows_are_taken_and_bad_ones_named(
    commander: PageClient, db: Database, hospital: Hospital
) -> None:
    commander.get("/capacity/upload")
    url = upload(commander, UNITS.encode("utf-8-sig"))
    assert "First rows" in commander.get(url).text
    checked = commander.post(url, COLUMNS | {"step": "check"}, 200).text
    assert "Take 9 numbers" in checked
    assert latest(db) == {}
    taken = commander.post(url, COLUMNS | {"step": "take"}, 200).text
    for said in (
        "5 numbers taken",
        "no unit",
        "4W, ED, ICU",
        "is no number",
        "in the future",
        "1027 occupied beds",
    ):
        assert said in taken
    assert latest(db) == {
        ("ICU", "occupied_beds"): 9,
        ("ICU", "staffed_beds"): 12,
        ("4W", "occupied_beds"): 1027,
        ("4W", "staffed_beds"): 30,
        ("ED", "staffed_beds"): 24,
    }
    commander.get(url, 404)


def test_a_source_is_remembered(commander: PageClient) -> None:
    url = upload(commander, UNITS.encode())
    commander.post(url, COLUMNS | {"step": "take"}, 200)
    assert "State report" in commander.get("/capacity/upload").text
    page = commander.get(upload(commander, UNITS.encode())).text
    assert re.search(r'<option value="census"\s+selected', page)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"time_column": ""}, "when it was counted"),
        ({"time_column": "nope"}, "when it was counted"),
        ({"facility": ""}, "choose a column or one of"),
        ({"unit_column": "nope"}, "no column of this file"),
        ({"value-occupied_beds": "", "value-staffed_beds": ""}, "at least one number"),
        ({"value-occupied_beds": "nope"}, "no column of this file"),
        ({"date_order": "xyz"}, "must be one of"),
    ],
)
def test_wrong_columns_come_back(
    commander: PageClient, change: dict[str, str], said: str, db: Database
) -> None:
    url = upload(commander, UNITS.encode())
    for step in ("check", "take"):
        assert said in commander.post(url, COLUMNS | change | {"step": step}, 422).text
    assert latest(db) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "must name the columns"), (b"\x00\x01", "no CSV text"), (b"a,b\n", "no rows")],
)
def test_a_file_that_is_none_comes_back(commander: PageClient, content: bytes, said: str) -> None:
    assert said in upload(commander, content, status=422)
    assert "source" in upload(commander, UNITS.encode(), source="", status=422)


def test_a_file_is_its_uploaders_alone(app: Flask, commander: PageClient, hospital: Hospital) -> None:
    url = upload(commander, UNITS.encode())
    staff = PageClient(app, hospital.staff)
    staff.get(url, 404)
    staff.post(url, COLUMNS | {"step": "take"}, 404)


def test_rows_of_whole_hospitals_are_mapped_by_name_and_stand_in_no_sum(
    commander: PageClient, db: Database, hospital: Hospital
) -> None:
    content = real("florida_hospital_snapshots/hospital_beds.csv.gz") or gzip.compress(
        b"snapshot_date,ProviderName,Bed Census,Total Staffed Bed Capacity\n"
        b'2020-05-03,NORTH RIDGE,353,603\n2020-05-03,LAKE SIDE,997,"2,000"\n'
        b'2020-05-07,NORTH RIDGE,"1,377",603\n'
    )
    lines = gzip.decompress(content).decode().splitlines()
    url = upload(commander, content, "Agency")
    columns = {
        "time_column": "snapshot_date",
        "date_order": "ymd",
        "facility_column": "ProviderName",
        "value-occupied_beds": "Bed Census",
        "value-staffed_beds": "Total Staffed Bed Capacity",
    }
    checked = commander.post(url, columns | {"step": "check"}, 200).text
    assert "is no hospital we know" in checked
    names = re.findall(r'name="(name-\d+)" value="([^"]*)"', html.unescape(checked))
    assert names
    codes = {name.replace("name-", "code-"): "SBMC" if n == 0 else "" for n, (name, _) in enumerate(names)}
    mapped = columns | dict(names) | codes
    first = names[0][1]
    mine = sum(f",{first}," in line for line in lines)
    checked = commander.post(url, mapped | {"step": "check"}, 200).text
    assert "is no hospital we know" not in checked
    assert f"Take {2 * mine} numbers" in checked
    commander.post(url, mapped | {"step": "take"}, 200)
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reading)) == 2 * mine
        assert session.scalar(sa.select(sa.func.count()).select_from(CsvUpload)) == 0
        whole = session.scalars(sa.select(Unit).where(Unit.unit_class == "whole_hospital")).one()
        assert session.get_one(Facility, whole.facility_id).code == "SBMC"
    page = commander.get("/capacity/SBMC").text
    assert "Whole hospital, reported as one number" in page
    assert "too old" in page
    house = commander.api("GET", "/facilities/SBMC/capacity", 200)
    assert "whole_hospital" not in {each["unit_class"] for each in house["classes"]}
