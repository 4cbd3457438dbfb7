"""What was done, measured against the plan: one measure for every time a level's plan was started. Values only.

Reckoned from the journal of the incident that hosts the plan, so that any past moment gives what was true then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from app.incidents.events import (
    IncidentClosed,
    PositionOpened,
    TaskAdded,
    TaskDone,
    TaskNotApplicable,
    TaskReopened,
)
from app.journal import Entry
from app.surge.events import PlanStarted, SurgeLevelSet

KINDS = tuple(
    event.kind
    for event in (
        PlanStarted,
        SurgeLevelSet,
        PositionOpened,
        TaskAdded,
        TaskDone,
        TaskNotApplicable,
        TaskReopened,
        IncidentClosed,
    )
)
"""What of an incident's journal is read here."""

IN_TIME, LATE, OPEN, OVERDUE, NOT_APPLICABLE = "in_time", "late", "open", "overdue", "not_applicable"
WORDS = {
    IN_TIME: "done in time",
    LATE: "done late",
    OPEN: "open",
    OVERDUE: "open, overdue",
    NOT_APPLICABLE: "does not apply",
}


@dataclass
class Action:
    """One action card, and what came of it."""

    task_id: str
    position: str
    text: str
    due_at: datetime | None
    evidence_asked: str
    state: str = "open"
    ended_at: datetime | None = None
    ended_by: str = ""
    evidence: str = ""
    note: str = ""

    @property
    def late_seconds(self) -> int | None:
        """How long after its deadline it was done; None where it is not done late."""
        if self.state != "done" or self.due_at is None or self.ended_at is None:
            return None
        late = int((self.ended_at - self.due_at).total_seconds())
        return late if late > 0 else None

    def outcome(self, at: datetime) -> str:
        if self.state == "not_applicable":
            return NOT_APPLICABLE
        if self.state == "done":
            return IN_TIME if self.late_seconds is None else LATE
        return OVERDUE if self.due_at is not None and self.due_at < at else OPEN


@dataclass(frozen=True)
class Superseded:
    """Another level's plan was started while `open_then` actions were open. They go on."""

    label: str
    at: datetime
    open_then: int


@dataclass
class Plan:
    """One start of a level's plan. `at` is the moment it is measured at: now, or when the incident was closed.

    `standing`: ids of actions that stood there from an earlier start. `resources` are the S that drove
    the level then; none where nobody named them.
    """

    rank: int
    label: str
    incident_id: str
    incident: str
    started_at: datetime
    started_by: str
    resources: tuple[str, ...]
    at: datetime
    actions: list[Action] = field(default_factory=list)
    standing: frozenset[str] = frozenset()
    superseded: Superseded | None = None

    def count(self, *outcomes: str) -> int:
        return sum(action.outcome(self.at) in outcomes for action in self.actions)

    @property
    def median_late_seconds(self) -> int | None:
        """Of the actions done late, how late the middle one was."""
        late = [seconds for each in self.actions if (seconds := each.late_seconds) is not None]
        return round(median(late)) if late else None

    @property
    def with_evidence(self) -> list[Action]:
        return [action for action in self.actions if action.evidence]


@dataclass(frozen=True)
class GoingOn:
    """An earlier plan of which so many actions were open when a level was set."""

    label: str
    incident: str
    open_then: int


@dataclass(frozen=True)
class LevelStart:
    """A level that was set at a hospital, and its plan; None: it was only noted, and nothing was started.
    `going_on`: the earlier plans that ran then; setting a level ends none of them.
    """

    rank: int
    label: str
    from_label: str
    at: datetime
    who: str
    reason: str
    plan: Plan | None
    going_on: tuple[GoingOn, ...]


def measure(entries: Iterable[Entry], now: datetime) -> list[Plan]:
    """Every start of a plan in one incident's journal, in order, as it stands at `now`."""
    tasks: dict[str, Action] = {}
    titles: dict[str, str] = {}
    plans: list[Plan] = []
    until = now
    for entry in entries:
        event = entry.event
        if isinstance(event, PositionOpened):
            titles[event.slug] = event.title
        elif isinstance(event, TaskAdded):
            position = titles.get(event.position, event.position)
            tasks[event.task_id] = Action(
                event.task_id, position, event.text, event.due_at, event.evidence_asked
            )
        elif isinstance(event, TaskDone | TaskNotApplicable | TaskReopened):
            if event.task_id in tasks:
                _moved(tasks[event.task_id], entry, event)
        elif isinstance(event, PlanStarted):
            _started(plans, tasks, entry, event, until)
        elif isinstance(event, IncidentClosed):
            until = entry.occurred_at
    for plan in plans:
        plan.at = until
    return plans


def starts(hospital: Iterable[Entry], plans: Iterable[Plan]) -> list[LevelStart]:
    """Each level set in a hospital's own journal with the plan it started, the newest first."""
    known = list(plans)
    by_moment = {(plan.rank, plan.started_at): plan for plan in known}
    found = [
        LevelStart(
            event.rank,
            event.label,
            event.from_label,
            entry.occurred_at,
            entry.actor["name"],
            event.reason,
            by_moment.get((event.rank, entry.occurred_at)),
            tuple(_going_on(known, entry.occurred_at)),
        )
        for entry in hospital
        if isinstance(event := entry.event, SurgeLevelSet)
    ]
    return found[::-1]


def _going_on(plans: Iterable[Plan], at: datetime) -> Iterable[GoingOn]:
    for plan in plans:
        still = sum(each.ended_at is None or each.ended_at > at for each in plan.actions)
        if plan.started_at < at <= plan.at and still:
            yield GoingOn(plan.label, plan.incident, still)


def by_resource(plans: Sequence[Plan]) -> dict[str, list[Plan]]:
    """The plans that each S has driven; one that two have driven stands under both."""
    found: dict[str, list[Plan]] = {}
    for plan in plans:
        for resource in plan.resources:
            found.setdefault(resource, []).append(plan)
    return dict(sorted(found.items()))


def _moved(action: Action, entry: Entry, event: TaskDone | TaskNotApplicable | TaskReopened) -> None:
    if isinstance(event, TaskReopened):
        action.state, action.ended_at, action.ended_by = "open", None, ""
        action.evidence, action.note = "", ""
        return
    action.ended_at, action.ended_by = entry.occurred_at, entry.actor["name"]
    if isinstance(event, TaskDone):
        action.state, action.evidence, action.note = "done", event.evidence, event.note
    else:
        action.state, action.evidence, action.note = "not_applicable", "", event.reason


def _started(
    plans: list[Plan], tasks: dict[str, Action], entry: Entry, event: PlanStarted, now: datetime
) -> None:
    at = entry.occurred_at
    for earlier in plans:
        still = sum(each.state == "open" for each in earlier.actions)
        if earlier.superseded is None and earlier.rank != event.rank and still:
            earlier.superseded = Superseded(event.label, at, still)
    plan = Plan(
        event.rank,
        event.label,
        event.incident_id,
        event.incident,
        at,
        entry.actor["name"],
        tuple(event.resources),
        now,
    )
    plan.actions = [tasks[task_id] for task_id in (*event.tasks, *event.standing) if task_id in tasks]
    plan.standing = frozenset(event.standing)
    plans.append(plan)
