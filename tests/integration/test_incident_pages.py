"""The pages of incidents, opened and posted as people do. Each page opened is linted by the client."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import Database
from app.incidents import actions, queries
from app.incidents.models import Incident, IncidentState, Task, TaskState
from app.journal import entries
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build
from tests.support.incidents import declared

pytestmark = pytest.mark.engine("sqlite")  # the actions behind are tested on both
CHIEF = "operations_section_chief"
DECLARE = {
    "guide": "mass_casualty_incident",
    "facility": "SBMC",
    "exercise": "exercise",
    "activation_level": "partial",
    "reason": "Yearly drill",
}


@pytest.fixture
def incident(db: Database, hospital: Hospital) -> Incident:
    return declared(db, hospital)


@pytest.fixture
def base(incident: Incident) -> str:
    return f"/incidents/{incident.id}"


def test_the_start_page_leads_to_the_only_open_incident(
    db: Database, commander: PageClient, hospital: Hospital
) -> None:
    assert commander.get("/", 302).location == "/incidents"
    first = declared(db, hospital)
    assert commander.get("/", 302).location == f"/incidents/{first.id}"
    declared(db, hospital, guide="utility_failure")
    assert commander.get("/", 302).location == "/incidents"


def test_the_list_marks_exercises_and_filters(
    db: Database, commander: PageClient, hospital: Hospital
) -> None:
    assert "No incidents" in commander.get("/incidents").text
    real = declared(db, hospital, name="Bus crash")
    drill = declared(db, hospital, name="Spring drill", exercise=True)
    db.transact(actions.close, hospital.commander, real.id, reason="Over")
    page = commander.get("/incidents").text
    assert page.index("Spring drill") < page.index("Bus crash"), "open ones come first"
    assert 'data-state="exercise"' in page
    assert drill.number not in commander.get("/incidents?kind=real").text
    assert real.number not in commander.get("/incidents?state=open").text
    assert real.number not in commander.get("/incidents?q=spring").text
    assert "No incidents" in commander.get("/incidents?q=100%25_").text
    commander.get("/incidents?state=upside&kind=down&page=-7")


def test_declaring_takes_a_form_and_a_look(db: Database, commander: PageClient) -> None:
    page = commander.get("/incidents/declare").text
    exercise_cards = page[page.index('name="exercise"') :].split("</fieldset>")[0]
    assert "checked" not in exercise_cards, "real or exercise is never chosen beforehand"
    look = commander.post("/incidents/declare", DECLARE, 200).text
    assert "18 positions open" in look
    assert "Exercise: every screen" in look
    with db.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Incident)) == 0
    changed = commander.post("/incidents/declare", DECLARE | {"step": "change"}, 200).text
    assert "Yearly drill" in changed
    there = commander.post("/incidents/declare", DECLARE | {"step": "confirm"}).location
    with db.read() as session:
        made = session.scalars(sa.select(Incident)).one()
    assert there == f"/incidents/{made.id}"
    assert (made.exercise, made.reason) == (True, "Yearly drill")


def test_a_clock_zero_is_read_in_the_hospitals_zone(db: Database, commander: PageClient) -> None:
    form = DECLARE | {"step": "confirm", "started_at": "2026-11-23T03:30", "name": "Night drill"}
    commander.post("/incidents/declare", form)
    with db.read() as session:
        made = session.scalars(sa.select(Incident)).one()
    assert made.started_at.isoformat() == "2026-11-23T08:30:00+00:00"
    assert made.name == "Night drill"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"guide": ""}, "Choose what has happened"),
        ({"guide": "alien_landing"}, "Choose what has happened"),
        ({"exercise": ""}, "real or an exercise"),
        ({"facility": "NOPE"}, "Choose the hospital"),
        ({"activation_level": "9"}, "Choose the activation"),
        ({"reason": "  "}, "1 to 2000 characters"),
        ({"name": "x" * 201}, "at most 200"),
        ({"started_at": "yesterday"}, "2026-11-23T14:30"),
        ({"started_at": "2020-01-01T00:00", "step": "confirm"}, "within 30 days"),
        ({"linked_to": "nothing", "step": "confirm"}, "no such incident"),
    ],
)
def test_a_wrong_declaration_comes_back_with_what_was_typed(
    commander: PageClient, change: dict[str, str], words: str
) -> None:
    page = commander.post("/incidents/declare", DECLARE | change, 422).text
    assert words in page
    if "reason" not in change:
        assert "Yearly drill" in page


def test_declaring_warns_of_an_incident_that_is_open(commander: PageClient, incident: Incident) -> None:
    look = commander.post("/incidents/declare", DECLARE, 200).text
    assert f"{incident.number}, Mass Casualty Incident, is open at this hospital already" in look


def test_who_may_declare_at_one_of_several_hospitals_is_not_asked_which(
    db: Database, app: Flask, hospital: Hospital
) -> None:
    db.transact(build, code="TLH", name="Tamarack Lake Hospital")
    page = PageClient(app, hospital.commander).get("/incidents/declare").text
    assert "Tamarack" not in page
    assert 'name="facility" value="SBMC"' in page


def test_the_chart_opens_positions(commander: PageClient, base: str) -> None:
    page = commander.get(f"{base}/positions").text
    assert page.count("data-item") == 76
    there = commander.post(f"{base}/positions", {"slug": "staging_manager"}).location
    assert there == f"{base}/positions/staging_manager"
    assert "is open already" in commander.post(f"{base}/positions", {"slug": "staging_manager"}, 409).text
    assert "no HICS position" in commander.post(f"{base}/positions", {"slug": "captain"}, 422).text


def test_a_position_is_filled_from_the_depth_list(
    commander: PageClient, base: str, hospital: Hospital
) -> None:
    url = f"{base}/positions/{CHIEF}"
    page = commander.get(url).text
    assert page.index("Gita Lund") < page.index("Ben Orso"), "best first"
    assert "Ada Quill</strong>, Incident Commander" in page, "whose work it is until then"
    assert f"{base}/callouts/new?position={CHIEF}" in page
    assert "Hal Brook" in commander.get(f"{url}?q=emergency+nurse").text
    assert "Nobody found" in commander.get(f"{base}/positions/planning_section_chief").text
    commander.post(f"{url}/fill", {"person_id": hospital.people[6].id})
    page = commander.get(url).text
    assert "Held by Gita Lund" in page
    taken = commander.post(f"{url}/fill", {"person_id": hospital.people[1].id}, 409).text
    assert "is held by Gita Lund since 04:00" in taken


def test_a_wrong_person_is_refused_at_the_form(commander: PageClient, base: str) -> None:
    url = f"{base}/positions/{CHIEF}"
    assert "nobody on the roster" in commander.post(f"{url}/fill", {"person_id": "7"}, 422).text
    assert "nobody on the roster" in commander.post(f"{url}/fill", {}, 422).text
    commander.get(f"{base}/positions/captain", 404)


def test_a_double_assignment_is_shown_before_and_after(
    db: Database, commander: PageClient, base: str, incident: Incident, hospital: Hospital
) -> None:
    other = declared(db, hospital, guide="utility_failure")
    gita = hospital.people[6].id
    db.transact(actions.assign, hospital.commander, other.id, position=CHIEF, person_id=gita)
    url = f"{base}/positions/{CHIEF}"
    assert f"also Operations Section Chief in {other.number}" in commander.get(url).text
    commander.post(f"{url}/fill", {"person_id": gita})
    assert f"Gita Lund also holds Operations Section Chief in {other.number}." in commander.get(url).text


def test_relief_wants_a_reason_and_shows_the_handover(
    commander: PageClient, base: str, hospital: Hospital
) -> None:
    url = f"{base}/positions/{CHIEF}"
    commander.post(f"{url}/fill", {"person_id": hospital.people[6].id})
    wrong = commander.post(f"{url}/relieve", {"reason": "", "handover": "Two buses to come"}, 422).text
    assert "must not be empty" in wrong
    assert "Two buses to come" in wrong, "what was typed is still there"
    commander.post(f"{url}/relieve", {"reason": "Rest", "handover": "Two buses to come"})
    page = commander.get(url).text
    assert "Handover from Gita Lund" in page
    assert "relieved as Operations Section Chief" in page


def test_tasks_are_added_filtered_and_ended(db: Database, commander: PageClient, base: str) -> None:
    form = {"position": CHIEF, "text": "Open triage", "due_at": "2026-11-23T05:30"}
    assert commander.post(f"{base}/tasks", form).location == f"{base}/tasks"
    with db.read() as session:
        task = session.scalars(sa.select(Task).where(Task.text == "Open triage")).one()
    assert task.due_at is not None
    assert task.due_at.isoformat() == "2026-11-23T10:30:00+00:00"
    assert "Open triage" in commander.get(f"{base}/tasks?position={CHIEF}").text
    assert "Open triage" not in commander.get(f"{base}/tasks?position=safety_officer").text
    url = f"{base}/tasks/{task.id}"
    there = commander.post(f"{url}/done", {"back_to": CHIEF}).location
    assert there == f"{base}/positions/{CHIEF}"
    assert "Done: Open triage" in commander.get(there).text
    assert "Open triage" not in commander.get(f"{base}/tasks").text.split("Add a task")[0]
    assert "Open triage" in commander.get(f"{base}/tasks?state=ended").text
    assert "already" in commander.post(f"{url}/done", {}, 409).text
    commander.post(f"{url}/reopen")
    assert "must not be empty" in commander.post(f"{url}/not-applicable", {"reason": ""}, 422).text
    commander.post(f"{url}/not-applicable", {"reason": "No triage here"})
    with db.read() as session:
        assert session.get_one(Task, task.id).state is TaskState.NOT_APPLICABLE


def test_a_wrong_task_comes_back(commander: PageClient, base: str) -> None:
    page = commander.post(f"{base}/tasks", {"position": CHIEF, "text": "Call", "due_at": "soon"}, 422).text
    assert 'value="Call"' in page
    assert "Due: must be a date and time" in page
    assert "not open" in commander.post(f"{base}/tasks", {"position": "captain", "text": "x"}, 422).text


def test_a_card_posts_without_leaving_the_board(
    db: Database, commander: PageClient, base: str, incident: Incident
) -> None:
    with db.read() as session:
        task = queries.tasks(session, incident.id)[0]
    json = {"Accept": "application/json"}
    answer = commander.post(f"{base}/tasks/{task.id}/done", status=200, headers=json)
    assert answer.get_json() == {"message": f"Done: {task.text}"}
    problem = commander.post(f"{base}/tasks/{task.id}/done", status=409, headers=json)
    assert problem.content_type == "application/problem+json"


def test_objectives_page(db: Database, commander: PageClient, base: str, incident: Incident) -> None:
    commander.post(f"{base}/objectives", {"text": "Triage open by 05:00", "priority": ""})
    assert "Triage open by 05:00" in commander.get(f"{base}/objectives").text
    for priority in ("first", "0", "100"):
        wrong = commander.post(f"{base}/objectives", {"text": "x", "priority": priority}, 422).text
        assert "from 1 to 99" in wrong
    with db.read() as session:
        first, second, *_ = queries.objectives(session, incident.id)
    commander.post(f"{base}/objectives/{first.id}/end", {"state": "met"})
    assert (
        "must not be empty"
        in commander.post(f"{base}/objectives/{second.id}/end", {"state": "dropped"}, 422).text
    )
    commander.post(f"{base}/objectives/{second.id}/end", {"state": "dropped", "reason": "Not needed"})
    assert "dropped" in commander.get(f"{base}/objectives").text


def test_the_log_takes_notes_of_the_past_and_corrections(
    db: Database, commander: PageClient, base: str, incident: Incident
) -> None:
    commander.post(f"{base}/log", {"text": "Road closed", "occurred_at": "2026-11-23T03:10"})
    page = commander.get(f"{base}/log").text
    assert "Road closed" in page
    assert "entered 23 Nov 2026 04:00" in page
    assert (
        "future" in commander.post(f"{base}/log", {"text": "x", "occurred_at": "2026-11-24T03:10"}, 422).text
    )
    with db.read() as session:
        last = list(entries(session, incident.stream))[-1]
    assert last.occurred_at.isoformat() == "2026-11-23T08:10:00+00:00"
    url = f"{base}/log/{last.seq}/correct"
    assert "Road closed" in commander.get(url).text
    assert "must not be empty" in commander.post(url, {"statement": "Open again"}, 422).text
    commander.post(url, {"statement": "Road was open", "reason": "Police called"})
    page = commander.get(f"{base}/log").text
    assert "Road was open" in page
    assert "corrected" in page
    commander.get(f"{base}/log/9999/correct", 404)
    commander.get(f"{base}/log?page=2")


def test_command_passes_when_it_is_accepted(
    app: Flask, commander: PageClient, base: str, hospital: Hospital
) -> None:
    edda = PageClient(app, hospital.administrator)
    page = commander.get(f"{base}/command").text
    assert "Organization: 1 of 18 positions filled" in page, "the briefing is begun for the commander"
    offer = {"person_id": hospital.administrator.person_id, "briefing": "Thirty hurt\nTwo buses to come"}
    assert "must not be empty" in commander.post(f"{base}/command/offer", offer | {"briefing": ""}, 422).text
    commander.post(f"{base}/command/offer", offer)
    assert "Withdraw the offer" in commander.get(f"{base}/command").text
    assert "Two buses to come" in edda.get(f"{base}/command").text
    edda.post(f"{base}/command/decline", {"reason": "On the phone"})
    commander.post(f"{base}/command/offer", offer)
    commander.post(f"{base}/command/withdraw")
    assert "somebody has ended it" in edda.post(f"{base}/command/accept", status=409).text
    commander.post(f"{base}/command/offer", offer)
    edda.post(f"{base}/command/accept")
    assert "Edda Roth (you)" in edda.get(f"{base}/command").text


def test_taking_over_wants_a_reason(app: Flask, base: str, hospital: Hospital) -> None:
    edda = PageClient(app, hospital.administrator)
    form = {"person_id": hospital.administrator.person_id, "reason": ""}
    assert "must not be empty" in edda.post(f"{base}/command/take-over", form, 422).text
    edda.post(f"{base}/command/take-over", form | {"reason": "Ada fainted"})
    assert "Edda Roth (you)" in edda.get(f"{base}/command").text


def test_the_level_page(commander: PageClient, base: str) -> None:
    commander.get(f"{base}/level")
    assert "must be one of" in commander.post(f"{base}/level", {"reason": "x"}, 422).text
    commander.post(f"{base}/level", {"activation_level": "full", "reason": "Second bus"})
    assert "full" in commander.get(f"{base}/level").text


def test_closing_says_what_is_still_open(
    db: Database, commander: PageClient, base: str, incident: Incident
) -> None:
    page = commander.get(f"{base}/close").text
    assert "open tasks" in page
    assert "17 positions that nobody holds" in page
    assert "must not be empty" in commander.post(f"{base}/close", {"reason": ""}, 422).text
    commander.post(f"{base}/close", {"reason": "All placed"})
    with db.read() as session:
        assert session.get_one(Incident, incident.id).state is IncidentState.CLOSED
    for page_of in (
        "positions",
        f"positions/{CHIEF}",
        "tasks",
        "objectives",
        "log",
        "command",
        "close",
        "level",
    ):
        commander.get(f"{base}/{page_of}")


def test_an_exercise_says_so_on_every_page(db: Database, commander: PageClient, hospital: Hospital) -> None:
    drill = declared(db, hospital, exercise=True)
    pages = ("positions", f"positions/{CHIEF}", "tasks", "objectives", "log", "command", "close", "level")
    for name in (*pages, "log/1/correct"):
        page = commander.get(f"/incidents/{drill.id}/{name}").text
        assert page.count("This is an exercise") == 2, name
        assert "<title>EXERCISE:" in page


@pytest.mark.parametrize("role", ["staff", "leadership", "command_staff"])
def test_who_may_not_is_refused(
    app: Flask, hospital: Hospital, incident: Incident, base: str, role: str
) -> None:
    client = PageClient(app, getattr(hospital, role))
    for name in ("positions", f"positions/{CHIEF}", "tasks", "objectives", "log", "command"):
        client.get(f"{base}/{name}")
    client.get("/incidents/declare", 403)
    for path in ("objectives", "close", "level", "positions", "command/offer", "command/accept"):
        client.post(f"{base}/{path}", status=403)


def test_another_hospitals_incident_is_closed_to_us(db: Database, commander: PageClient) -> None:
    other = db.transact(build, code="TLH", name="Tamarack Lake Hospital")
    theirs = declared(db, other)
    for name in ("positions", "tasks", "log", "command"):
        commander.get(f"/incidents/{theirs.id}/{name}", 403)
    assert theirs.number not in commander.get("/incidents").text
