"""The demo system in the database, and the commands that put it there."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.identity import actor_of
from app.accounts.models import Account
from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict
from app.demo.commands import accounts_table
from app.demo.fill import fill, is_empty
from app.demo.rota_filling import go_on
from app.demo.sign_in import PASSWORD
from app.facilities.models import Facility, Unit
from app.resources.models import StockLevel
from app.staffing.models import ContactMethod, DepthEntry, Person, Shift, Skill
from app.staffing.onduty import on_duty
from app.surge.metrics import BEDS, CAUSES, NURSES, OPENABLE
from app.surge.models import Reading, Recommendation, RecommendationState
from tests.support.client import PageClient


def test_everything_generated_is_there(db: Database) -> None:
    assert is_empty(db)
    data = fill(db)
    with db.read() as session:
        counts = {
            model: session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (
                Facility,
                Unit,
                Person,
                Skill,
                DepthEntry,
                Account,
                StockLevel,
            )
        }
        counts[Reading] = session.scalar(
            sa.select(sa.func.count()).select_from(Reading).where(Reading.metric.in_(BEDS))
        )
        others = session.scalars(sa.select(Reading.metric).where(Reading.metric.not_in(BEDS)).distinct())
        assert {*CAUSES, *OPENABLE.values(), NURSES} <= set(others)
        heads = session.scalar(sa.select(sa.func.count()).where(Person.supervisor_id.is_(None)))
        texts = session.scalars(sa.select(ContactMethod).where(ContactMethod.channel == "sms")).all()
        now = db.clock.now()
        duty = [on_duty(session, facility.id, now) for facility in session.scalars(sa.select(Facility))]
    assert counts == {
        Facility: len(data.facilities),
        Unit: len(data.units),
        Person: len(data.people),
        Skill: sum(len(p.skills) for p in data.people),
        DepthEntry: len(data.depth),
        Account: len(data.accounts),
        StockLevel: len(data.stock),
        Reading: sum(1 for _ in data.readings()),
    }
    assert heads == 1
    assert len(texts) == len(data.people)
    for found in duty:
        assert found.here > 0
        assert found.unknown == 0
        assert any(floor.spare() <= 0 for _, floor in found.floors), "at night floors are just met"
    with pytest.raises(Conflict, match="empty database"):
        fill(db)


@pytest.mark.engine("sqlite")
def test_a_level_is_recommended_from_the_first_minute(db: Database) -> None:
    fill(db)
    with db.read() as session:
        query = sa.select(Recommendation.state).join(Facility, Facility.id == Recommendation.facility_id)
        assert RecommendationState.OPEN in session.scalars(query.where(Facility.code == "SBMC")).all()


def test_a_visitor_waits_little_and_can_declare(app: Flask, db: Database) -> None:
    """Under 15 s of work, whatever else this machine does meanwhile."""
    began = time.process_time()
    fill(db)
    assert time.process_time() - began < 15
    with db.read() as session:
        account = session.scalars(sa.select(Account).where(Account.email == "commander@demo.example")).one()
        commander = actor_of(account)
    assert "St. Brigid" in PageClient(app, commander).get("/incidents/declare").text
    table = accounts_table(db)
    for words in ("chief@demo.example", "command staff", PASSWORD):
        assert words in table


@pytest.mark.engine("sqlite")
def test_the_command_fills_and_says_so(app: Flask, db: Database) -> None:
    run = app.test_cli_runner().invoke
    assert "400 people" in run(args=["demo", "fill"]).output
    assert "nothing was changed" in run(args=["demo", "fill", "--if-empty"]).output
    refused = run(args=["demo", "fill"])
    assert refused.exit_code == 1
    assert "empty database" in refused.output
    assert "400 people" in run(args=["demo", "fill", "--fresh"]).output


@pytest.mark.engine("sqlite")
def test_serve_names_a_port_that_is_taken_before_it_changes_anything(
    app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        refused = app.test_cli_runner().invoke(args=["serve", "--fresh"])
    assert refused.exit_code == 1
    assert "Set PORT to another one" in refused.output
    assert is_empty(db)


@pytest.mark.engine("sqlite")
def test_the_demo_goes_on_working(app: Flask, db: Database, clock: ManualClock) -> None:
    people = fill(db).people
    assert db.transact(go_on, people) == 0
    clock.advance(days=3)
    assert db.transact(go_on, people) > 100
    assert db.transact(go_on, people) == 0
    clock.advance(days=40)
    db.transact(go_on, people)
    with db.read() as session:
        last = session.scalar(sa.select(sa.func.max(Shift.ends_at)))
        home = session.scalars(sa.select(Facility.id).where(Facility.code == "SBMC")).one()
        assert on_duty(session, home, clock.now()).here > 0
    assert last is not None
    assert last > clock.now() + timedelta(days=7)
