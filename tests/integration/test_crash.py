"""kill -9 in the middle of a call-out of 200 people: nobody is forgotten, nobody is asked twice (I1, I3, I8)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.activation.models import Question
from app.core.clock import SystemClock
from app.core.db import Database
from app.messaging.models import SimText
from app.staffing.models import ContactMethod, Person, Skill
from tests.support.callouts import declared, events, kinds
from tests.support.hospital import Hospital

ROUNDS = int(os.environ.get("MUSTER_CRASH_ROUNDS", "4"))
CROWD = 200
ROOT = Path(__file__).parents[2]


@pytest.fixture
def clock() -> SystemClock:  # the processes that are killed have the machine's
    return SystemClock()


def crowd(db: Database, hospital: Hospital) -> None:
    def add(uow) -> None:
        for n in range(CROWD):
            person = Person(
                id=uow.new_id(), facility_id=hospital.facility.id, name=f"Nurse {n:03d}", job_title="Nurse"
            )
            uow.session.add(person)
            uow.session.flush()
            # 555-0100 to 0199 in two area codes that the hospital's own people do not have.
            number = f"+1{212 + n // 100}55501{n % 100:02d}"
            uow.session.add(
                ContactMethod(id=uow.new_id(), person_id=person.id, channel="sms", address=number, rank=1)
            )
            uow.session.add(Skill(person_id=person.id, slug="crowd"))

    db.transact(add)


def start(url: str, key: Path, incident_id: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.support.crashing", url, str(key), incident_id]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.timeout(60 * max(ROUNDS, 4))
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_any_moment_everybody_gets_one_question(app: Flask, db, hospital, signing_key, seed):
    chance = random.Random(seed)
    incident = declared(db, hospital)
    crowd(db, hospital)
    url = app.extensions["muster"].settings.database_url
    for _ in range(chance.randint(1, 2)):
        process = start(url, signing_key, incident.id)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if chance.random() < 0.7:  # while it sends; else while it calls
            assert process.stdout.readline() == "called\n"
        time.sleep(chance.uniform(0, 0.8))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    process = start(url, signing_key, incident.id)
    out, err = process.communicate(timeout=120)
    assert "drained" in out, err[-3000:]
    check(db, incident)


def check(db: Database, incident) -> None:
    with db.read() as session:
        asked = session.scalars(sa.select(Question)).all()
        texts = session.scalars(sa.select(SimText).where(SimText.mine.is_(False))).all()
    assert len(asked) == len({q.person_id for q in asked}) == CROWD
    numbers = [text.number for text in texts]
    assert len(numbers) == len(set(numbers)) == CROWD
    assert kinds(db, incident, "callout.opened") == ["callout.opened"]
    opened = len(kinds(db, incident, "position.opened"))
    assert opened > 5
    assert len(events(db, incident, "position.assigned")) == 1
    assert {q.stage for q in asked} == {"delivered"}
