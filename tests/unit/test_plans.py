"""Plans of surge levels measured from made-up journals, at any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.incidents import events as incidents
from app.journal import Entry, Event
from app.surge import plans
from app.surge.events import PlanStarted, SurgeLevelSet

ZERO = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return ZERO + timedelta(minutes=minutes)


class Journal(list[Entry]):
    def tell(self, minute: float, event: Event, who: str = "Ada Quill") -> None:
        actor = {"kind": "account", "id": who, "name": who}
        subject, data = event.subject(), event.data()
        entry = Entry(
            "incident:1",
            len(self) + 1,
            at(minute),
            at(minute),
            actor,
            None,
            event.kind,
            subject,
            data,
            None,
            "",
            "",
        )
        self.append(entry)

    def task(self, minute: float, task_id: str, due: float | None, asked: str = "") -> None:
        due_at = None if due is None else at(due)
        added = incidents.TaskAdded(
            task_id=task_id, position="liaison_officer", text=f"Do {task_id}", window="", due_at=due_at,
            source="plan", evidence_asked=asked,
        )  # fmt: skip
        self.tell(minute, added)

    def plan(self, minute: float, rank: int, label: str, *tasks: str, standing: tuple[str, ...] = ()) -> None:
        started = PlanStarted(
            rank=rank, label=label, incident_id="1", incident="SBMC-1", tasks=list(tasks),
            standing=list(standing), resources=["space"] if rank > 1 else [],
        )  # fmt: skip
        self.tell(minute, started)

    def done(self, minute: float, task_id: str, evidence: str = "") -> None:
        self.tell(minute, incidents.TaskDone(task_id=task_id, note="", evidence=evidence), "Ben Orso")


def two_levels() -> Journal:
    journal = Journal()
    opened = incidents.PositionOpened(
        slug="liaison_officer",
        title="Liaison Officer",
        section="command",
        branch="",
        reports_to=None,
        level="officer",
    )
    journal.tell(0, opened)
    for task_id, due in (("a", 15), ("b", 30), ("c", 60), ("d", None)):
        journal.task(0, task_id, due, "number of beds" if task_id == "b" else "")
    journal.plan(0, 1, "Watch", "a", "b", "c", "d")
    journal.done(10, "a")
    journal.done(75, "b", "12")
    journal.task(80, "e", 90)
    journal.plan(80, 2, "Surge", "e", standing=("c",))
    journal.tell(85, incidents.TaskNotApplicable(task_id="e", reason="No ambulances here"))
    journal.done(180, "c")
    return journal


def test_what_was_done_is_measured_against_each_plan_that_was_started() -> None:
    watch, surge = plans.measure(two_levels(), at(200))
    assert [a.outcome(watch.at) for a in watch.actions] == ["in_time", "late", "late", "open"]
    assert [a.late_seconds for a in watch.actions] == [None, 45 * 60, 120 * 60, None]
    assert watch.median_late_seconds == 4950
    assert [(a.text, a.position, a.ended_by, a.evidence) for a in watch.with_evidence] == [
        ("Do b", "Liaison Officer", "Ben Orso", "12")
    ]
    assert watch.superseded == plans.Superseded("Surge", at(80), 2)
    assert [a.outcome(surge.at) for a in surge.actions] == ["not_applicable", "late"]
    assert (surge.standing, surge.superseded) == (frozenset({"c"}), None)
    assert plans.by_resource([watch, surge]) == {"space": [surge]}


def test_it_is_measured_as_of_a_moment_and_no_longer_than_the_incident_was_open() -> None:
    journal = Journal(two_levels()[:7])
    watch = plans.measure(journal, at(59))[0]
    assert [a.outcome(watch.at) for a in watch.actions] == ["in_time", "overdue", "open", "open"]
    journal.tell(70, incidents.IncidentClosed(incident_id="1", reason="Over"))
    watch = plans.measure(journal, at(5000))[0]
    assert (watch.at, watch.count("overdue"), watch.count("open")) == (at(70), 2, 1)


def test_a_task_that_is_open_again_has_shown_nothing() -> None:
    journal = two_levels()
    journal.tell(190, incidents.TaskReopened(task_id="b", reason="Wrong unit"))
    watch = plans.measure(journal, at(200))[0]
    assert (watch.actions[1].outcome(watch.at), watch.with_evidence) == ("overdue", [])


def test_a_level_that_was_only_noted_started_nothing() -> None:
    def set_level(rank: int, label: str) -> SurgeLevelSet:
        return SurgeLevelSet(
            rank=rank, label=label, from_rank=0, from_label="Normal", reason="Full", despite=[]
        )

    hospital = Journal()
    hospital.tell(0, set_level(1, "Watch"))
    hospital.tell(40, set_level(2, "Surge"))
    started = plans.measure(two_levels(), at(200))
    surge, watch = plans.starts(hospital, started)
    assert (surge.label, surge.plan, surge.going_on) == (
        "Surge", None, (plans.GoingOn("Watch", "SBMC-1", 3),)
    )  # fmt: skip
    assert (watch.label, watch.plan, watch.going_on) == ("Watch", started[0], ())


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["done", "not", "open"])), max_size=25))
def test_every_action_has_one_outcome_whatever_happened(steps: list[tuple[str, str]]) -> None:
    journal = Journal(two_levels()[:6])
    for minute, (task_id, what) in enumerate(steps, start=1):
        if what == "done":
            journal.done(minute, task_id, "seen")
        elif what == "not":
            journal.tell(minute, incidents.TaskNotApplicable(task_id=task_id, reason="No"))
        else:
            journal.tell(minute, incidents.TaskReopened(task_id=task_id, reason=""))
    plan = plans.measure(journal, at(100))[0]
    assert sum(plan.count(outcome) for outcome in plans.WORDS) == len(plan.actions) == 4
    last = dict(steps)
    assert {a.task_id for a in plan.with_evidence} == {t for t, what in last.items() if what == "done"}
