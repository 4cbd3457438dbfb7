"""Typed events, and the entry that records one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from app.core.clock import as_utc, iso

if TYPE_CHECKING:
    # A checker wants `frozen=True` repeated on every subclass; at run time msgspec passes it on.
    _Frozen = msgspec.Struct
else:

    class _Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        pass


class Event(_Frozen):
    """Base of everything that can be journalled. A missing field raises at once, a wrong type on append."""

    kind: ClassVar[str] = ""
    subject_pattern: ClassVar[str] = ""
    routine: ClassVar[bool] = False

    def subject(self) -> str:
        """What the event is about, such as `task:0192...`."""
        return self.subject_pattern.format(**msgspec.structs.asdict(self))

    def data(self) -> dict[str, Any]:
        """Plain JSON data, checked against the field types. Raises msgspec.ValidationError."""
        plain = msgspec.to_builtins(self, enc_hook=_refuse, builtin_types=(datetime,))
        plain = _times_to_text(plain)
        msgspec.convert(plain, type(self), strict=True)
        return plain  # type: ignore[no-any-return]


E = TypeVar("E", bound=type[Event])
_REGISTRY: dict[str, type[Event]] = {}


def event(kind: str, subject: str = "", *, routine: bool = False) -> Callable[[E], E]:
    """Register an event class under `subject.verb`; `subject` is a format string over its fields.

    `routine`: bookkeeping of the program, part of the record but no news to people.
    """

    def register(cls: E) -> E:
        if kind in _REGISTRY:
            raise ValueError(f"two event classes are called {kind}")
        cls.kind = kind
        cls.subject_pattern = subject
        cls.routine = routine
        _REGISTRY[kind] = cls
        return cls

    return register


def event_type(kind: str) -> type[Event]:
    """Raises KeyError for a kind that no room has registered."""
    return _REGISTRY[kind]


def event_kinds() -> list[str]:
    return sorted(_REGISTRY)


class Entry(msgspec.Struct, frozen=True, dict=True):
    """One line of a journal. `occurred_at` is when it happened, `recorded_at` when we were told."""

    stream: str
    seq: int
    occurred_at: datetime
    recorded_at: datetime
    actor: dict[str, str]
    position: str | None
    kind: str
    subject: str
    data: dict[str, Any]
    corrects: int | None
    prev_hash: str
    hash: str

    @cached_property
    def event(self) -> Event:
        return msgspec.convert(self.data, event_type(self.kind), strict=True)

    def plain(self) -> dict[str, Any]:
        """The entry as it is hashed (without `hash`), exported and answered by the API."""
        return {
            "stream": self.stream,
            "seq": self.seq,
            "occurred_at": iso(self.occurred_at),
            "recorded_at": iso(self.recorded_at),
            "actor": self.actor,
            "position": self.position,
            "kind": self.kind,
            "subject": self.subject,
            "data": self.data,
            "corrects": self.corrects,
            "prev_hash": self.prev_hash,
        }


def _refuse(value: Any) -> Any:
    raise TypeError(f"an event cannot hold {type(value).__name__}")


def _times_to_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(as_utc(value))
    if isinstance(value, dict):
        return {key: _times_to_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_times_to_text(item) for item in value]
    return value
