"""Two sheets side by side."""

from __future__ import annotations

from dataclasses import dataclass

from app.huddle.sheet import Row, Sheet

NONE: tuple[int | None, ...] = (None, None, None, None)


@dataclass(frozen=True)
class Change:
    """A number then and now; None where it was not known."""

    before: int | None
    now: int | None

    @property
    def by(self) -> int | None:
        return None if self.before is None or self.now is None else self.now - self.before


@dataclass(frozen=True)
class Compared:
    unit: str
    census: Change
    free: Change
    blocked: Change
    short: Change


def compare(before: Sheet, now: Sheet) -> list[Compared]:
    """Unit by unit, in the order of the later sheet; a unit that stands on one of them alone is there too."""
    then, here = _by_id(before), _by_id(now)
    order = [*here, *(each for each in then if each not in here)]
    return [_compared(then.get(each), here.get(each)) for each in order]


def _compared(old: Row | None, new: Row | None) -> Compared:
    pairs = [(old.numbers if old else NONE), (new.numbers if new else NONE)]
    changes = [Change(before, now) for before, now in zip(*pairs, strict=True)]
    named = new or old
    return Compared(named.name if named else "", *changes)


def _by_id(sheet: Sheet) -> dict[str, Row]:
    return {row.unit_id: row for row in sheet.rows}
