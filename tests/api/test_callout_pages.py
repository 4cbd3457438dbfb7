"""The page of a call-out as it runs, and the page of a person who is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from app.activation import progress
from app.activation.candidates import Group
from app.activation.models import Message
from app.core.db import Database, UnitOfWork
from app.journal import head_seqs
from app.messaging.carriers.errors import ErrorClass
from app.messaging.channels import Channel
from app.messaging.models import Attempt, Intent
from app.messaging.states import AttemptState, IntentState
from app.staffing.models import ContactMethod, Person, Skill
from tests.support.callouts import called, declared, question_to, slots
from tests.support.client import PageClient
from tests.support.hospital import Hospital
from tests.support.phones import deliver, intents, reply

OPERATIONS = "operations_section_chief"  # its list: Gita, Ben
MEDICAL = "medical_care_branch_director"  # its list: Ben, Hal, Cleo


@pytest.fixture
def incident(db: Database, hospital: Hospital):
    return declared(db, hospital)


@pytest.fixture
def everybody(db: Database, hospital: Hospital) -> list[Person]:
    """All but the commander, with one skill."""

    def teach(uow: UnitOfWork) -> None:
        uow.session.add_all(Skill(person_id=person.id, slug="helper") for person in hospital.people[1:])

    db.transact(teach)
    return hospital.people[1:]


def words(client: PageClient, url: str) -> str:
    """The page as a reader meets it: tags out, white space folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(url).text).split())


def fail(db: Database, person: Person, state: IntentState, error: ErrorClass | None = None) -> None:
    """The newest text to a person ended so."""
    intent = intents(db, person, "question")[-1]

    def change(uow: UnitOfWork) -> None:
        values = {"state": state, "tries": 1 if error else 0}
        uow.session.execute(sa.update(Intent).where(Intent.id == intent.id).values(**values))
        if error:
            uow.session.add(
                Attempt(
                    id=uow.new_id(),
                    intent_id=intent.id,
                    n=1,
                    state=AttemptState.DECLINED,
                    claimed_by="tests",
                    carrier="simulated",
                    error_class=error,
                    started_at=uow.now,
                )
            )

    db.transact(change)


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_sent_is_not_delivered_is_not_answered(commander, db, hospital, incident, everybody):
    callout = called(db, hospital, incident, groups=[Group("helper", None, 3, within_minutes=60)])
    ben, cleo, dov, edda, finn, gita, hal = everybody
    deliver(db, "sent", ben, cleo, dov, edda, finn)
    deliver(db, "delivered", ben, cleo, dov)
    deliver(db, "failed", hal, error="not in service")
    reply(db, hospital.phone(1), "1")
    reply(db, hospital.phone(2), "3")
    reply(db, hospital.phone(3), "9")
    page = words(commander, f"/incidents/{incident.id}/callouts/{callout.id}")
    assert "Asked 7 of 7 Not sent yet 1 Sent 2 Delivered 3 Not reached 1" in page
    assert "Coming 1 of 3 Would come later 1 Cannot come 1 No answer 4" in page
    assert "1 of 3 needed are on the way, 1 of them here by 05:10; not enough yet." in page
    for show, names in (
        ("coming", [ben]),
        ("later", [cleo]),
        ("no", [dov]),
        ("failed", [hal]),
        ("silent", [edda, finn, gita, hal]),
    ):
        with db.read() as session:
            found = progress.people(session, callout.id, show=show)
        assert {question.person_name for question, _ in found.rows} == {p.name for p in names}
        assert found.counts[show] == len(names)
    page = words(commander, f"/incidents/{incident.id}/callouts/{callout.id}?show=silent&name=edda")
    assert "Edda Roth" in page
    assert "Finn Sayer" not in page


def test_what_did_not_arrive_is_told_by_cause(db, hospital, incident, everybody):
    callout = called(db, hospital, incident, groups=[Group("helper", None, 3)])
    fail(db, everybody[0], IntentState.FAILED, ErrorClass.FIX_CONTACT)
    fail(db, everybody[1], IntentState.FAILED, ErrorClass.FILTERED)
    fail(db, everybody[2], IntentState.REFUSED)
    fail(db, everybody[3], IntentState.FAILED, ErrorClass.OPTED_OUT)
    fail(db, everybody[4], IntentState.EXPIRED)
    fail(db, everybody[5], IntentState.DELIVERED)
    with db.read() as session:
        lost = {(cause, channel): number for cause, channel, number in progress.lost(session, callout.id)}
        [texts] = progress.by_channel(session, callout.id)
    assert lost == {
        ("number or address unknown", Channel.SMS): 1,
        ("filtered as unwanted", Channel.SMS): 1,
        ("opted out", Channel.SMS): 2,
        ("not sent in time", Channel.SMS): 1,
        ("not sent yet", Channel.SMS): 1,
    }
    assert (texts.waiting, texts.sent, texts.delivered, texts.lost) == (1, 0, 1, 5)


def test_more_people_cost_no_more_questions_to_the_database(commander, db, hospital, incident, everybody):
    url = f"/incidents/{incident.id}/callouts"
    few = called(db, hospital, incident, OPERATIONS)
    many = called(db, hospital, incident, groups=[Group("helper", None, 3)])
    commander.get(f"{url}/{few.id}")
    with statements(db) as for_one:
        commander.get(f"{url}/{few.id}")
    with statements(db) as for_all:
        commander.get(f"{url}/{many.id}")
    assert len(for_all) == len(for_one)


def test_people_are_shown_by_the_page(commander, db, hospital, incident, everybody, monkeypatch):
    monkeypatch.setattr(progress, "ROWS", 3)
    callout = called(db, hospital, incident, groups=[Group("helper", None, 3)])
    url = f"/incidents/{incident.id}/callouts/{callout.id}"
    pages = [commander.get(f"{url}?page={number}").text for number in (1, 2, 3)]
    assert "Page 1 of 3" in pages[0]
    rows = [re.findall(r'id="row-([\w-]+)"', page) for page in pages]
    assert [len(page) for page in rows] == [3, 3, 1]
    assert len({row for page in rows for row in page}) == 7
    commander.get(f"{url}?page=99&show=nonsense")


def test_what_staff_write_is_shown_and_marked_as_read(commander, client, db, hospital, incident):
    callout = called(db, hospital, incident, OPERATIONS)
    client.post(link_in(db, hospital.people[6]), {"words": "Which door is open?"})
    url = f"/incidents/{incident.id}/callouts/{callout.id}"
    assert "Which door is open?" in words(commander, url)
    with db.read() as session:
        message = session.scalars(sa.select(Message)).one()
    commander.post(f"/incidents/{incident.id}/messages/{message.id}/read")
    assert "by Ada Quill" in words(commander, url)


def link_in(db: Database, person: Person) -> str:
    return re.search(r"/a/[\w-]{22}", intents(db, person, "question")[-1].body).group()


def test_looking_at_a_link_changes_nothing(client, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS)
    link = link_in(db, hospital.people[6])

    def state() -> object:
        with db.read() as session:
            counts = [session.scalar(sa.select(sa.func.count()).select_from(t)) for t in (Intent, Message)]
            return head_seqs(session, [incident.stream]), counts, question_to(db, hospital.people[6]).state

    before = state()
    for method in ("HEAD", "GET", "HEAD"):
        assert client.http.open(link, method=method).status_code == 200
    assert state() == before


def test_the_page_of_a_link_has_all_that_is_asked_of_the_person(client, db, hospital, incident, clock):
    called(db, hospital, incident, OPERATIONS)
    other = declared(db, hospital, exercise=True, reason="Drill")
    called(db, hospital, other, OPERATIONS)
    called(db, hospital, incident, groups=[Group("emergency_nurse", None, 1)])
    gita, hal = hospital.people[6], hospital.people[7]
    link = link_in(db, gita)
    page = words(client, link)
    assert "Also asked of you" in page
    assert "number ending in 06" in page
    first = next(q for s in slots(db) for q in s.questions if q.person_id == gita.id)
    client.post(link, {"question": first.id, "digit": "2"})
    given = {q.id: q.digit for s in slots(db) for q in s.questions if q.person_id == gita.id}
    assert sorted(given.values(), key=str) == ["2", None]
    assert given[first.id] == "2"
    client.post(link, {"question": question_to(db, hal).id, "digit": "1"}, 404)
    assert question_to(db, hal).digit is None


def test_an_exercise_says_so_first_and_last(client, db, hospital):
    incident = declared(db, hospital, exercise=True)
    called(db, hospital, incident, OPERATIONS)
    page = client.get(link_in(db, hospital.people[6])).text
    body = " ".join(re.sub(r"<[^>]+>", " ", page.split("<body", 1)[1].split(">", 1)[1]).split())
    assert body.removeprefix("Skip to content ").startswith("This is an exercise")
    assert body.endswith("This is an exercise")


def test_a_mind_can_be_changed_and_words_are_no_answer(client, db, hospital, incident):
    called(db, hospital, incident, OPERATIONS)
    gita = hospital.people[6]
    link = link_in(db, gita)
    client.post(link, {"words": "I come"})
    assert question_to(db, gita).digit is None
    client.post(link, {"digit": "1"})
    assert "You are expected by 04:3" in words(client, link)
    client.post(link, {"digit": "9"})
    assert question_to(db, gita).outcome == "cannot_come"
    client.post(link, {"words": "x" * 3000}, 422)


def test_information_is_read_and_nobody_comes(client, commander, db, hospital, incident):
    callout = called(
        db, hospital, incident, groups=[Group("icu_nurse", None, 1, informs=True)], text="Level 2 stays"
    )
    link = link_in(db, hospital.people[2])
    page = words(client, link)
    assert "Level 2 stays" in page
    assert "I have read this" in page
    assert "I cannot come" not in page
    client.post(link, {"digit": "1"})
    assert "You have read this" in words(client, link)
    page = words(commander, f"/incidents/{incident.id}/callouts/{callout.id}")
    assert "Read 1 of 2" in page


def test_who_is_signed_in_answers_for_themselves_alone(app, db, hospital, incident):
    called(db, hospital, incident, MEDICAL)
    ben = PageClient(app, hospital.command_staff)
    cleo = PageClient(app, hospital.staff)
    mine = question_to(db, hospital.people[1])
    assert "Medical Care Branch Director" in words(ben, "/my/callouts")
    assert "Nothing is asked of you" in words(cleo, "/my/callouts")
    cleo.post(f"/my/callouts/{mine.id}", {"digit": "1"}, 403)
    ben.post(f"/my/callouts/{mine.id}", {"digit": "7"}, 422)
    ben.post(f"/my/callouts/{mine.id}", {"digit": "1"})
    assert "You are expected by" in words(ben, "/my/callouts")


@pytest.mark.engine("sqlite")
def test_a_way_that_does_not_work_is_said_to_its_owner(client, db, hospital, incident, act, clock):
    called(db, hospital, incident, OPERATIONS)
    link = link_in(db, hospital.people[6])

    def change(uow: UnitOfWork) -> None:
        contact = uow.session.get_one(ContactMethod, hospital.people[6].contacts[0].id)
        contact.suspect_since = uow.now
        uow.session.add(
            ContactMethod(
                id=uow.new_id(),
                person_id=contact.person_id,
                channel="email",
                address="gita@example.org",
                rank=2,
            )
        )

    act(change)
    page = words(client, link)
    assert "did not work lately" in page
    assert "g…@example.org" in page
    assert hospital.phone(6) not in client.get(link).text
