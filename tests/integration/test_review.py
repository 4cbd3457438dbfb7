"""The after-action record as leadership opens it, on both engines where the database matters."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import ManualClock
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.incidents import actions as incident_actions
from app.incidents.models import Incident
from app.journal import guard
from app.journal.models import JournalEntry
from app.journal.verify import verify_lines
from app.resources import actions as resource_actions
from app.review import actions
from app.review.models import Finding
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.requests import declared, raised, stocked


@pytest.fixture
def incident(act: Any, hospital: Hospital, clock: ManualClock) -> Incident:
    """A short incident with something of everything, closed."""
    stocked(act, hospital)
    incident = declared(act, hospital)
    who = (hospital.commander, incident.id)
    clock.advance(minutes=7)
    person = hospital.people[4].id
    act(incident_actions.assign, *who, position="logistics_section_chief", person_id=person)
    asked = raised(act, hospital.staff, incident)
    act(resource_actions.approve, *who, asked.id)
    act(incident_actions.note, *who, text="=HYPERLINK(0) was said on the radio")
    act(incident_actions.correct, *who, seq=2, statement="It was the other door", reason="Heard wrong")
    clock.advance(minutes=30)
    act(incident_actions.close, *who, reason="All patients placed")
    return incident


@pytest.fixture
def leader(app: Flask, hospital: Hospital, incident: Incident) -> PageClient:
    return PageClient(app, hospital.leadership)


@pytest.fixture
def url(incident: Incident) -> str:
    return f"/incidents/{incident.id}/review"


def test_the_record_tells_what_was_done(leader: PageClient, url: str) -> None:
    page = leader.get(url).text
    assert "The journal is whole" in page
    assert "Logistics Section Chief" in page
    assert "7 min" in page
    assert "23 Nov 2026 04:37" in page
    assert "40 N95 respirator" in page
    assert "Should say: It was the other door" in page
    assert "Nobody was called in" in page
    assert "never filled" in page


@pytest.mark.engine("sqlite")
def test_the_timeline_is_chosen_by_what_one_looks_for(leader: PageClient, url: str) -> None:
    def chosen(query: str) -> str:
        return leader.get(f"{url}?{query}").text.split('id="timeline"')[1]

    assert "Request 1 raised" in chosen("group=Requests")
    assert "Activation" not in chosen("group=Requests")
    assert "entries, the earliest first" in chosen("person=Edda+Roth")
    assert "1 of " in chosen("text=radio")
    assert "0 of " in chosen("begin=2026-11-23T05:00")
    assert "must be a date and time" in leader.get(f"{url}?begin=yesterday").text
    leader.get(f"{url}?page=99&every=1&position=nobody")


def test_the_journal_that_is_taken_away_verifies(
    app: Flask, leader: PageClient, incident: Incident, url: str
) -> None:
    response = leader.get(f"/incidents/{incident.id}/journal.jsonl")
    assert f'filename="{incident.number}-journal.jsonl"' in response.headers["Content-Disposition"]
    lines = response.data.splitlines(keepends=True)
    assert verify_lines(lines, app.extensions["muster"].signer.own_keys).ok
    assert json.loads(lines[0])["kind"] == "incident.declared"


def test_the_timeline_that_is_taken_away_holds_no_formula(leader: PageClient, incident: Incident) -> None:
    response = leader.get(f"/incidents/{incident.id}/timeline.csv")
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert any(row["what"] == "'=HYPERLINK(0) was said on the radio" for row in rows)
    assert {row["exercise"] for row in rows} == {"no"}
    assert rows[0]["happened"] == "2026-11-23 04:00:00-05:00"


@pytest.mark.engine("sqlite")
def test_an_exercise_is_marked_everywhere(act: Any, hospital: Hospital, leader: PageClient) -> None:
    drill = declared(act, hospital, exercise=True)
    for what in ("journal.jsonl", "timeline.csv"):
        response = leader.get(f"/incidents/{drill.id}/{what}")
        assert 'filename="EXERCISE-SBMC-' in response.headers["Content-Disposition"]
    rows = csv.DictReader(io.StringIO(leader.get(f"/incidents/{drill.id}/timeline.csv").text))
    assert {row["exercise"] for row in rows} == {"EXERCISE"}
    assert "This is an exercise" in leader.get(f"/incidents/{drill.id}/review").text
    assert drill.number not in leader.get("/review").text
    assert drill.number in leader.get("/review?kind=exercise").text


def tampered(db: Database, incident: Incident, seq: int, data: str) -> None:
    """As somebody with the database's password would: with the guard taken off for a moment."""
    with db.engine.execution_options(muster_write=True).begin() as connection:
        guard.remove(connection)
        entry = (JournalEntry.stream == incident.stream, JournalEntry.seq == seq)
        connection.execute(sa.update(JournalEntry).where(*entry).values(data=data))
        guard.install(connection)


@pytest.mark.parametrize("broken", [False, True], ids=["another text", "no JSON at all"])
def test_a_changed_journal_is_shown_with_its_fault(
    db: Database, leader: PageClient, incident: Incident, url: str, broken: bool
) -> None:
    with db.read() as session:
        query = sa.select(JournalEntry).where(
            JournalEntry.stream == incident.stream, JournalEntry.kind == "log.noted"
        )
        note = session.scalars(query).one()
        seq, was = note.seq, note.data
    tampered(db, incident, seq, "nonsense" if broken else '{"text":"Nothing was said"}')
    page = leader.get(url).text
    assert "The journal does not verify" in page
    assert (f"what follows seq {seq - 1}" if broken else f"seq {seq}: its content") in page
    assert ("not verified" in page) is not broken
    tampered(db, incident, seq, was)
    assert "The journal is whole" in leader.get(url).text


def test_who_may_read_and_who_may_take_away(
    app: Flask, act: Any, hospital: Hospital, incident: Incident, url: str
) -> None:
    base = f"/incidents/{incident.id}"
    staff = PageClient(app, hospital.staff)
    for path in ("/review", url, f"{base}/journal.jsonl", f"{base}/timeline.csv"):
        staff.get(path, status=403)
    command = PageClient(app, hospital.command_staff)
    command.get(url)
    command.get(f"{base}/journal.jsonl", status=403)
    stranger = PageClient(app, act(build, code="HNTH", name="Harbor North").leadership)
    for path in (url, f"{base}/journal.jsonl", f"{base}/timeline.csv"):
        stranger.get(path, status=403)
    assert incident.number not in stranger.get("/review").text
    missing = "01a207a2-3280-7a97-a026-535b5c2d3b66"
    command.get(f"/incidents/{missing}/review", status=404)


def test_findings_are_written_after_the_incident_and_done_later(
    act: Any, db: Database, hospital: Hospital, incident: Incident
) -> None:
    who = (hospital.command_staff, incident.id)
    made = act(
        actions.add_finding,
        *who,
        text="Respirators were late",
        action="Keep 100 boxes in the ED",
        owner="Edda Roth",
        due_on=date(2026, 12, 24),
    )
    second = act(actions.add_finding, *who, text="Radio was good", action="Keep it", owner="Dov Maren")
    assert (made.number, second.number) == (1, 2)
    act(actions.finish_finding, *who, made.id, note="Shelf filled")
    with pytest.raises(Conflict, match="Shelf filled"):
        act(actions.finish_finding, *who, made.id, note="again")
    act(actions.reopen_finding, *who, made.id, reason="Shelf was emptied")
    with pytest.raises(Conflict, match="open already"):
        act(actions.reopen_finding, *who, made.id)
    with pytest.raises(Invalid, match="note"):
        act(actions.finish_finding, *who, made.id, note=" ")
    with pytest.raises(NotFound):
        act(actions.finish_finding, *who, "other", note="x")
    with pytest.raises(Forbidden):
        act(actions.add_finding, hospital.staff, incident.id, text="x", action="x", owner="x")
    with db.read() as session:
        assert session.get_one(Finding, made.id).done_at is None


@pytest.mark.engine("sqlite")
def test_findings_on_the_page(
    app: Flask, hospital: Hospital, leader: PageClient, url: str, incident: Incident
) -> None:
    command = PageClient(app, hospital.command_staff)
    form = {"text": "Respirators were late", "action": "Keep 100 boxes", "owner": "", "due_on": "soon"}
    path = f"/incidents/{incident.id}/findings"
    page = command.post(path, form, status=422).text
    assert "such as 2026-11-23" in page
    assert "Keep 100 boxes" in page
    command.post(path, form | {"owner": "Edda Roth", "due_on": "2026-11-20"})
    page = leader.get(url).text
    assert "Keep 100 boxes" in page
    assert "late" in page.split('id="findings"')[1]
    assert "Keep 100 boxes" in leader.get("/review").text
    finding = page.split("/findings/")[1].split("/")[0]
    leader.post(f"{path}/{finding}/done", {"note": "x"}, status=403)
    command.post(f"{path}/{finding}/done", {"note": "Shelf filled"})
    assert "Shelf filled" in leader.get(url).text
    assert "Keep 100 boxes" not in leader.get("/review").text
    command.post(f"{path}/{finding}/reopen")
    assert "Keep 100 boxes" in leader.get("/review").text


@pytest.mark.engine("sqlite")
def test_a_running_incident_can_be_read_too(act: Any, hospital: Hospital, leader: PageClient) -> None:
    running = declared(act, hospital)
    assert "not closed" in leader.get(f"/incidents/{running.id}/review").text
    assert running.number in leader.get("/review").text
