"""The kinds of things that escalate. A kind says what it is about and what its steps do; a new one takes part
by calling `escalates` once and `deadlines.begin` and `deadlines.end` from functions that follow its events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork
from app.escalation.steps import DOES, TELLS, Policy
from app.incidents.models import Incident

Act = Callable[[UnitOfWork, Incident, str, int], None]
"""(uow, incident, subject id, seconds late), in a transaction that has taken the incident."""


@dataclass(frozen=True)
class Subject:
    """What something waits for, in words for a text.

    `position`: whose superior is told; None: the commander. `waiting_for`: ids of the people who have been
    asked and have not answered; their own supervisors are told first. `unit`: the code of the unit it is about.
    """

    title: str
    words: str
    position: str | None = None
    waiting_for: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Kind:
    """`shown`: its waits are journalled, so that the board tells what happens next. `life_safety`: told at
    once, never with others in one text, never shelved; and asking goes on while somebody sees to it."""

    name: str
    label: str
    about: Callable[[Session, str], Subject]
    does: Mapping[str, Act]
    default: Policy
    shown: bool = False
    life_safety: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """What its steps may do, in the order of DOES."""
        return tuple(do for do in DOES if do in self.does or do in TELLS or do == "repeat")


KINDS: dict[str, Kind] = {}


def escalates(
    name: str,
    *,
    label: str,
    about: Callable[[Session, str], Subject],
    default: Policy,
    does: Mapping[str, Act] | None = None,
    shown: bool = False,
    life_safety: bool = False,
) -> Kind:
    """Register a kind. `does` maps ask_next, mark_overdue or repeat to what it means here; telling somebody,
    and beginning again where that is nothing of its own, is the same for all kinds."""
    KINDS[name] = Kind(name, label, about, does or {}, default, shown, life_safety)
    return KINDS[name]
