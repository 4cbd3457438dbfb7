"""The kinds of things that escalate. A kind says what it is about and what its steps do; a new one takes part
by calling `escalates` once and `deadlines.begin` and `deadlines.end` from functions that follow its events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation.planner import Policy
from app.incidents.models import Incident

Act = Callable[[UnitOfWork, Incident, str, int], None]
"""(uow, incident, subject id, seconds late), in a transaction that has taken the incident."""

TELLS = ("tell_supervisor", "tell_commander")


@dataclass(frozen=True)
class Subject:
    """What something waits for, in words for a text.

    `position`: whose superior is told; None: the commander. `waiting_for`: ids of the people who have been
    asked and have not answered; their own supervisors are told first.
    """

    title: str
    words: str
    position: str | None = None
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """`shown`: its waits are journalled, so that the board tells what happens next."""

    name: str
    label: str
    about: Callable[[Session, str], Subject]
    does: Mapping[str, Act]
    default: Policy
    shown: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """What its steps may do."""
        return (*(do for do in self.does), *TELLS)


KINDS: dict[str, Kind] = {}


def escalates(
    name: str,
    *,
    label: str,
    about: Callable[[Session, str], Subject],
    does: Mapping[str, Act],
    default: Policy,
    shown: bool = False,
) -> Kind:
    """Register a kind. `does` maps ask_next, mark_overdue or repeat to what it means here; telling the
    supervisor or the commander is the same for all kinds."""
    KINDS[name] = Kind(name, label, about, does, default, shown)
    return KINDS[name]
