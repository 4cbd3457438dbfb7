"""After-action figures over made-up journals, and the timeline and CSV drawn from them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import load_all
from app.activation import events as callouts
from app.board.picture import Picture, fold
from app.incidents import events as incidents
from app.journal import Entry, Event
from app.resources import events as resources
from app.review import measures, table, timeline
from app.surge import events as surge

load_all("events", "reducers", "faces")
ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Journal:
    """Entries as a test tells them: `journal.add(minutes after zero, event)`."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.add(5, DECLARED)

    def add(
        self, minute: float, event: Event, *, who: str = "Ada Quill", position: str | None = None, **more: Any
    ) -> None:
        at = ZERO + timedelta(minutes=minute)
        entry = Entry(
            stream="incident:1",
            seq=len(self.entries) + 1,
            occurred_at=at,
            recorded_at=more.get("recorded_at", at),
            actor={"kind": "account", "id": who, "name": who},
            position=position,
            kind=event.kind,
            subject=event.subject(),
            data=event.data(),
            corrects=more.get("corrects"),
            prev_hash="",
            hash="",
        )
        self.entries.append(entry)

    def opened(self, minute: float, slug: str, section: str = "operations") -> None:
        event = incidents.PositionOpened(
            slug=slug, title=slug.title(), section=section, branch="", reports_to=None, level="officer"
        )
        self.add(minute, event)

    def filled(self, minute: float, slug: str, person: str = "Ben Orso", source: str = "by_hand") -> None:
        event = incidents.PositionAssigned(
            slug=slug,
            title=slug.title(),
            assignment_id=f"{slug}-{minute}",
            person_id=person,
            person_name=person,
            source=source,
            eta_minutes=None,
        )
        self.add(minute, event)

    def relieved(self, minute: float, slug: str) -> None:
        event = incidents.PositionRelieved(
            slug=slug,
            title=slug,
            assignment_id="",
            person_id="",
            person_name="Ben Orso",
            reason="Night shift",
            handover="",
        )
        self.add(minute, event)

    @property
    def picture(self) -> Picture:
        return fold(self.entries)


DECLARED = incidents.IncidentDeclared(
    incident_id="1",
    number="SBMC-2026-0001",
    name="Bus crash",
    guide="mass_casualty_incident",
    guide_title="Mass casualty",
    facility_id="f",
    facility_code="SBMC",
    facility_name="St. Brigid",
    zone="America/New_York",
    exercise=False,
    activation_level="partial",
    reason="30 hurt",
    started_at=ZERO,
    linked_to=None,
)


@pytest.fixture
def journal() -> Journal:
    return Journal()


def minutes(value: datetime | None) -> float | None:
    return None if value is None else (value - ZERO).total_seconds() / 60


def test_milestones_count_the_whole_command_section(journal: Journal) -> None:
    journal.opened(5, "incident_commander", "command")
    journal.opened(5, "safety_officer", "command")
    journal.opened(5, "operations_section_chief")
    journal.filled(5, "incident_commander", "Ada Quill", "declared")
    journal.filled(9, "operations_section_chief")
    found = measures.milestones(journal.entries)
    assert (minutes(found.started_at), minutes(found.declared_at)) == (0, 5)
    assert minutes(found.first_filled_at) == 9
    assert found.command_filled_at is None
    assert found.closed_at is None
    journal.relieved(10, "incident_commander")
    journal.filled(12, "safety_officer")
    assert measures.milestones(journal.entries).command_filled_at is None
    journal.filled(14, "incident_commander")
    journal.relieved(20, "safety_officer")
    journal.add(60, incidents.IncidentClosed(incident_id="1", reason="Over"))
    found = measures.milestones(journal.entries)
    assert minutes(found.command_filled_at) == 14
    assert minutes(found.closed_at) == 60


def test_a_journal_that_does_not_know_says_none() -> None:
    assert measures.milestones([]) == measures.Milestones()
    assert measures.fill_times([]) == []
    assert measures.all_answers(Picture()) is None
    assert measures.median_answer([]) is None


def test_levels_of_the_team_and_of_the_hospital(journal: Journal) -> None:
    journal.add(6, surge.SurgeCarriedOver(level=None, firings=[], recommendation=None))
    change = incidents.ActivationLevelChanged(incident_id="1", activation_level="full", reason="More buses")
    journal.add(8, change)
    level = surge.SurgeLevelSet(
        rank=2, label="Contingency", from_rank=1, from_label="Normal", reason="ICU full", despite=[]
    )
    journal.add(11, level, who="Gita Lund")
    severe = surge.SurgeLevelSet(
        rank=3,
        label="Severe surge",
        from_rank=2,
        from_label="Contingency",
        reason="No nurses",
        despite=[],
        band="contingency",
        drivers=["staff", "space"],
    )
    journal.add(12, severe)
    journal.add(
        13,
        surge.SurgeBandSet(
            resource="stuff",
            band="contingency",
            from_band="conventional",
            reason="Oxygen",
            drivers=["staff", "stuff", "space"],
        ),
    )
    found = measures.level_changes(journal.entries)
    assert [(c.what, c.level, c.who) for c in found] == [
        ("activation", "partial", "Ada Quill"),
        ("activation", "full", "Ada Quill"),
        ("surge", "Contingency", "Gita Lund"),
        ("surge", "Severe surge, contingency, driven by staff and space", "Ada Quill"),
        ("surge", "stuff at contingency", "Ada Quill"),
    ]


def opened_callout(journal: Journal, minute: float) -> None:
    slot = callouts.SlotOpened("s1", "position", "safety_officer", "Safety Officer", 1, 2, [])
    group = callouts.SlotOpened("s2", "group", None, "ICU nurses", 5, 9, [])
    journal.add(minute, callouts.CalloutOpened(callout_id="c1", extra="", slots=[slot, group]))


def asked(journal: Journal, minute: float, slot: str, *names: str, replaces: str | None = None) -> None:
    questions = [callouts.Asked(f"{slot}{name}{minute}", name, name, "A", replaces) for name in names]
    journal.add(
        minute,
        callouts.QuestionsAsked(
            callout_id="c1", slot_id=slot, title="", round=1, why="opened", questions=questions
        ),
    )


def answered(journal: Journal, minute: float, question: str, slot: str, outcome: str) -> None:
    event = callouts.AnswerReceived(
        question_id=question,
        slot_id=slot,
        callout_id="c1",
        title="",
        person_id="",
        person_name="Dov",
        digit="1",
        eta_minutes=30,
        channel="sms",
        outcome=outcome,
        late=False,
    )
    journal.add(minute, event)


def test_the_time_to_fill_runs_from_the_first_call_or_from_opening(journal: Journal) -> None:
    for slug in ("safety_officer", "security", "supply", "liaison"):
        journal.opened(5, slug)
    journal.filled(6, "liaison")
    opened_callout(journal, 7)
    asked(journal, 8, "s1", "Dov")
    asked(journal, 20, "s1", "Finn")
    asked(journal, 8, "s2", "Cleo")
    journal.filled(23.5, "safety_officer", "Finn")
    journal.filled(15, "security")
    journal.relieved(30, "safety_officer")
    journal.filled(40, "safety_officer", "Dov")
    found = {fill.slug: fill for fill in measures.fill_times(journal.entries)}
    assert found["safety_officer"].seconds == 15.5 * 60
    assert found["safety_officer"].holder == "Finn"
    assert found["security"].seconds == 10 * 60
    assert found["liaison"].seconds == 60
    assert found["supply"].seconds is None


def test_sent_is_not_delivered_is_not_answered(journal: Journal) -> None:
    opened_callout(journal, 5)
    asked(journal, 6, "s2", "a", "b", "c", "d", "e")
    ids = {name: f"s2{name}6" for name in "abcde"}
    report = callouts.QuestionsDelivered(
        sent=[ids["a"]], delivered=[ids["b"], ids["c"]], failed=[ids["d"]], rerouted=[]
    )
    journal.add(7, report)
    answered(journal, 8, ids["b"], "s2", "coming")
    answered(journal, 16, ids["c"], "s2", "cannot_come")
    place, group = measures.answer_rates(journal.picture)
    assert (place.title, place.tally.asked, place.median_seconds) == ("Safety Officer", 0, None)
    t = group.tally
    assert (t.asked, t.pending, t.sent, t.delivered, t.failed) == (5, 1, 1, 2, 1)
    assert (t.yes, t.no, t.silent) == (1, 1, 3)
    assert group.median_seconds == 6 * 60
    whole = measures.all_answers(journal.picture)
    assert whole is not None
    assert (whole.needed, whole.tally.asked) == (6, 5)


def requested(journal: Journal) -> None:
    line = resources.LineAsked("l1", 1, "n95_respirator", "N95 respirator", "box", 40)
    raised = resources.RequestRaised(
        request_id="r1",
        number=1,
        priority="urgent",
        position=None,
        position_title="",
        why="x",
        deliver_to="ED",
        needed_by=None,
        lines=[line],
    )
    journal.add(10, raised)


def test_requests_are_followed_to_their_end(journal: Journal) -> None:
    requested(journal)
    about = {"request_id": "r1", "number": 1}
    journal.add(12, resources.RequestApproved(**about, note="", lines=[resources.LineApproved("l1", 30)]))
    fill = {"fill_id": "f1", "line_id": "l1", "description": "N95 respirator", "unit": "box"}
    made = resources.RequestFilled(
        **about,
        **fill,
        state="partly_filled",
        fill_number=1,
        quantity=20,
        source="stock",
        source_name="",
        expected_at=None,
    )
    journal.add(13, made)
    journal.add(20, resources.RequestReceived(**about, **fill, state="partly_filled", quantity=20))
    journal.add(25, resources.RequestOverdue(**about, late_seconds=61))
    (course,) = measures.request_courses(journal.entries, journal.picture)
    assert (minutes(course.decided_at), course.received_at) == (12, None)
    assert measures.unmet(journal.picture) == 0
    journal.add(30, resources.RequestClosed(**about, not_received=10, reason="Enough"))
    assert measures.unmet(journal.picture) == 10
    (late,) = measures.overdue(journal.entries, journal.picture)
    assert (late.what, late.late_seconds, minutes(late.ended_at)) == ("Request 1: 40 N95 respirator", 61, 30)


def test_overdue_tasks_say_whether_they_were_ever_done(journal: Journal) -> None:
    for task in ("t1", "t2"):
        added = incidents.TaskAdded(
            task_id=task, position="p", text=f"Do {task}", window="", due_at=ZERO, source="guide"
        )
        journal.add(5, added)
        journal.add(6, incidents.TaskOverdue(task_id=task, position="p", late_seconds=3600))
    journal.add(9, incidents.TaskDone(task_id="t2", note=""))
    found = measures.overdue(journal.entries, journal.picture)
    assert [(item.what, minutes(item.ended_at)) for item in found] == [("Do t1", None), ("Do t2", 9)]


def told(journal: Journal) -> list[timeline.Line]:
    journal.add(7, incidents.Noted(text="48 nurses asked"), who="Cleo Vance", position="scribe")
    correction = incidents.EntryCorrected(seq=2, statement="12 were asked", reason="Typed wrong")
    journal.add(9, correction, corrects=2)
    journal.opened(11, "safety_officer")
    journal.filled(12, "safety_officer", "Dov Maren")
    requested(journal)
    return timeline.lines(journal.entries, journal.picture)


def test_a_correction_stands_beside_what_it_corrects(journal: Journal) -> None:
    lines = told(journal)
    assert [c.statement for c in lines[1].corrections] == ["12 were asked"]
    assert lines[1].text == "48 nurses asked"
    assert lines[2].corrects == 2
    assert not lines[0].corrections


@pytest.mark.parametrize(
    ("choice", "seqs"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"group": "Requests"}, [6]),
        ({"group": "Notes and corrections"}, [2, 3]),
        ({"position": "scribe"}, [2]),
        ({"position": "safety_officer"}, [4, 5]),
        ({"person": "Dov Maren"}, [5]),
        ({"person": "Cleo Vance"}, [2]),
        ({"text": "ASKED  12"}, [2, 3]),
        ({"text": "respirator"}, [6]),
        ({"begin": ZERO + timedelta(minutes=9), "end": ZERO + timedelta(minutes=11)}, [3, 4, 6]),
        ({"group": "Surge"}, []),
    ],
)
def test_lines_are_chosen(journal: Journal, choice: dict[str, Any], seqs: list[int]) -> None:
    assert [line.seq for line in told(journal) if timeline.Choice(**choice).takes(line)] == seqs


def test_what_comes_after_a_fault_is_not_called_sound(journal: Journal) -> None:
    told(journal)
    lines = timeline.lines(journal.entries, journal.picture, sound=3)
    assert [line.sound for line in lines] == [True, True, True, False, False, False]


@pytest.mark.parametrize("kind", ["+1", "=HYPERLINK(1)", "-2+3", "@SUM(A1)", "\tx", "  =1+1", "＝1"])
def test_a_cell_is_never_a_formula(kind: str) -> None:
    assert table.safe(kind) == "'" + kind


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1))
def test_whatever_is_typed_comes_back_and_is_no_formula(text: str) -> None:
    journal = Journal()
    journal.add(6, incidents.Noted(text=text), who=text)
    lines = timeline.lines(journal.entries, Picture())
    made = "".join(table.rows(lines, number="SBMC-1", exercise=False, zone="America/New_York"))
    header, _, row = csv.reader(io.StringIO(made, newline=""))
    cells = dict(zip(header, row, strict=True))
    assert cells["what"].removeprefix("'") == text.removeprefix("'")
    assert cells["who"].lstrip(" ")[:1] not in ("=", "+", "-", "@", "\t")


def test_rows_say_exercise_and_the_hospitals_time(journal: Journal) -> None:
    told(journal)
    lines = timeline.lines(journal.entries, journal.picture, sound=5)
    made = "".join(table.rows(lines, number="SBMC-1", exercise=True, zone="America/New_York"))
    rows = list(csv.DictReader(io.StringIO(made, newline="")))
    assert {row["exercise"] for row in rows} == {"EXERCISE"}
    assert rows[0]["happened"] == "2026-11-23 04:05:00-05:00"
    assert rows[1]["corrected by"] == "3: 12 were asked"
    assert [row["chain verified"] for row in rows][-2:] == ["yes", "NO"]
