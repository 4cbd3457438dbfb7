"""The demo system in the database, and the commands that put it there."""

from __future__ import annotations

import socket
import time

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account
from app.core.db import Database
from app.core.errors import Conflict
from app.demo.fill import fill, is_empty
from app.demo.sign_in import PASSWORD
from app.facilities.models import Facility, Unit
from app.staffing.models import ContactMethod, DepthEntry, Person, Skill
from tests.support.client import PageClient


def test_everything_generated_is_there_and_fast(db: Database) -> None:
    assert is_empty(db)
    began = time.monotonic()
    data = fill(db)
    assert time.monotonic() - began < 15
    assert not is_empty(db)
    with db.read() as session:
        counts = {
            model: session.scalar(sa.select(sa.func.count()).select_from(model))
            for model in (Facility, Unit, Person, ContactMethod, DepthEntry, Account)
        }
        heads = session.scalar(sa.select(sa.func.count()).where(Person.supervisor_id.is_(None)))
        skills = session.scalar(sa.select(sa.func.count()).select_from(Skill))
    assert counts == {
        Facility: len(data.facilities),
        Unit: len(data.units),
        Person: len(data.people),
        ContactMethod: len(data.people),
        DepthEntry: len(data.depth),
        Account: len(data.accounts),
    }
    assert heads == 1
    assert skills == sum(len(p.skills) for p in data.people)
    with pytest.raises(Conflict, match="empty database"):
        fill(db)


@pytest.mark.engine("sqlite")
def test_a_demo_commander_can_declare(app: Flask, db: Database) -> None:
    from app.accounts.identity import actor_of

    fill(db)
    with db.read() as session:
        account = session.scalars(sa.select(Account).where(Account.email == "commander@demo.example")).one()
        commander = actor_of(account)
    page = PageClient(app, commander).get("/incidents/declare").text
    assert "St. Brigid" in page


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
def test_the_accounts_are_shown_in_a_table(app: Flask, db: Database) -> None:
    from app.demo.commands import accounts_table

    fill(db)
    table = accounts_table(db)
    assert "chief@demo.example" in table
    assert "command staff" in table
    assert PASSWORD in table


def test_every_room_adds_its_share(db: Database) -> None:
    from app.resources.models import StockLevel
    from app.surge.models import Reading

    data = fill(db)
    with db.read() as session:
        stock = session.scalar(sa.select(sa.func.count()).select_from(StockLevel))
        readings = session.scalar(sa.select(sa.func.count()).select_from(Reading))
    assert stock == len(data.stock)
    assert readings == sum(1 for _ in data.readings())
