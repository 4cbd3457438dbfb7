"""What the watchdog audits. A room brings an audit with `@audits(...)` in its `audits.py`.

An audit lists every open item of its kind, each is judged by itself against its bound, and what is past it is
an offence: no total can hide one item that was forgotten. This module knows no other room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.db import UnitOfWork

Items = Callable[[Session, datetime], Iterable[Any]]


@dataclass(frozen=True)
class Offence:
    """One item past its bound, since when, and what is wrong in words without names and numbers."""

    subject_id: str
    since: datetime
    words: str


Judge = Callable[[Any, datetime], Offence | None]


@dataclass(frozen=True)
class Audit:
    """`items` reads every open item; `judge` is pure: one item and the moment, an offence or None.

    `label` is the kind in the plural as a person says it; `bound` says what is still well.
    """

    name: str
    label: str
    bound: str
    items: Items
    judge: Judge


AUDITS: dict[str, Audit] = {}


def audits(name: str, *, label: str, bound: str, judge: Judge) -> Callable[[Items], Items]:
    """Decorator on the function that lists the open items."""

    def register(items: Items) -> Items:
        AUDITS[name] = Audit(name, label, bound, items, judge)
        return items

    return register


Alarmed = Callable[[UnitOfWork, Mapping[str, int], Mapping[str, int]], None]
"""From how many of each kind somebody has just been alarmed about, and of each kind that lasts."""

ALARMED: list[Alarmed] = []


def on_alarm(follow: Alarmed) -> None:
    """Call this in the transaction of every round."""
    ALARMED.append(follow)
