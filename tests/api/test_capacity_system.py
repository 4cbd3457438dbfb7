"""All hospitals side by side: what presses comes first, nothing is added that is counted differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actions import create_account
from app.accounts.identity import actor_of
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.core.permissions import Role
from app.facilities import actions as facility_actions
from app.facilities.counting import QUESTIONS, Basis
from app.surge.system import count_alike
from tests.support.client import PageClient
from tests.support.hospital import SETUP, Hospital, build
from tests.support.surge import enter, given

ALIKE = {slug: next(iter(question.answers)) for slug, question in QUESTIONS.items()}


def test_only_hospitals_that_count_alike_are_alike() -> None:
    other = ALIKE | {"newborns": "excluded"}
    told = [Basis("A", ALIKE), Basis("B", other), Basis("C", ALIKE), Basis("D", {})]
    assert count_alike(told) == ("A", "C")
    assert count_alike([Basis("A", ALIKE), Basis("B", other)]) == ()
    assert count_alike([Basis("D", {}), Basis("E", {})]) == ()


@pytest.mark.engine("sqlite")
def test_all_hospitals_by_pressure_with_sums_over_those_that_count_alike(
    app: Flask, db: Database, clock: ManualClock, hospital: Hospital
) -> None:
    second, third = db.transact(build, "QRCH", "Quill River"), db.transact(build, "TLH", "Tamarack Lake")
    for each in (hospital, second):
        wanted = {"answers": ALIKE, "reason": "Bed meeting"}
        db.transact(facility_actions.say_counting, each.administrator, each.facility.id, **wanted)
    for _ in range(3):
        _count(db, clock, third, "TLH", ICU=12, **{"4W": 10, "ED": 9})
        clock.advance(minutes=30)
    _count(db, clock, third, "TLH", ICU=12)
    _count(db, clock, second, "QRCH", ICU=5, **{"4W": 20, "ED": 9})
    _count(db, clock, hospital, "SBMC", ICU=6)

    leader = PageClient(app, db.transact(_leader))
    with counted(db) as few:
        page = leader.get("/capacity").text
    places = [page.index(name) for name in ("Tamarack Lake", "Quill River", "St. Brigid")]
    assert places == sorted(places), "what presses comes first"
    assert "recommended: Severe surge" in page
    assert "Space: Intensive care full" in page
    row = page[page.index("2 hospitals together") : page.index("</tfoot>")]
    assert ">13<" in "".join(row.split()), "6 free of 12 and 7 of 12"
    assert "St. Brigid Medical Center (1 of 1 units not counted)" in page
    assert "In no sum: Tamarack Lake" in page
    assert "not said (Tamarack Lake)" in page

    for code in ("AAA", "BBB", "CCC"):
        db.transact(build, code, f"Hospital {code}")
    with counted(db) as many:
        assert "6 hospitals" in leader.get("/capacity?wall=1").text
    assert len(many) == len(few), "the number of queries does not grow with the hospitals"
    PageClient(app, third.commander).get("/capacity", 302)


def _count(db: Database, clock: ManualClock, hospital: Hospital, code: str, **occupied: int) -> None:
    readings = [given(unit, value, clock.now(), facility=code) for unit, value in occupied.items()]
    assert not enter(db, hospital.staff, *readings).refused


def _leader(uow: UnitOfWork) -> Actor:
    account, _ = create_account(
        uow,
        SETUP,
        email="leader.system@demo.example",
        role=Role.LEADERSHIP,
        facility_id=None,
        name="Lea Wren",
        password="a long enough password",
    )
    return actor_of(account)


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    found: list[str] = []

    def note(*event: object) -> None:
        found.append(str(event[2]))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(db.engine, "before_cursor_execute", note)
