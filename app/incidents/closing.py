"""What is still open in an incident, asked of every room that leaves something open."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.incidents.models import Objective, ObjectiveState, Task, TaskState
from app.incidents.queries import holders, positions

StillOpen = Callable[[Session, str], str | None]
_ASKED: list[StillOpen] = []


def leaves_open(says: StillOpen) -> StillOpen:
    """Register a function (session, incident id) that says in words what is open, "3 requests", or None."""
    _ASKED.append(says)
    return says


def still_open(session: Session, incident_id: str) -> list[str]:
    return [words for says in _ASKED if (words := says(session, incident_id))]


def counted(number: int, one: str, many: str) -> str | None:
    """None for 0, "1 open task", "4 open tasks"."""
    return f"{number} {one if number == 1 else many}" if number else None


@leaves_open
def _tasks(session: Session, incident_id: str) -> str | None:
    query = sa.select(sa.func.count()).where(Task.incident_id == incident_id, Task.state == TaskState.OPEN)
    return counted(session.scalar(query) or 0, "open task", "open tasks")


@leaves_open
def _objectives(session: Session, incident_id: str) -> str | None:
    query = sa.select(sa.func.count()).where(
        Objective.incident_id == incident_id, Objective.state == ObjectiveState.OPEN
    )
    return counted(
        session.scalar(query) or 0, "objective neither met nor dropped", "objectives neither met nor dropped"
    )


@leaves_open
def _unfilled(session: Session, incident_id: str) -> str | None:
    unfilled = positions(session, incident_id).keys() - holders(session, incident_id).keys()
    return counted(len(unfilled), "position that nobody holds", "positions that nobody holds")
