"""What a score is: a number with its make-up, or no number and the reason why not. All pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

Kind = Literal["count", "number", "flag", "choice", "series", "units"]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Input:
    """One thing a score is made of. `low` and `high` are what is allowed, both included.

    A `series` is a list of numbers in which None is a gap; `units` a list of mappings with `columns`.
    """

    name: str
    label: str
    definition: str
    unit: str = ""
    kind: Kind = "count"
    low: float = 0
    high: float = 10_000
    optional: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    columns: tuple[Input, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One line of the make-up. `adds` is what the input adds to the raw number, where that is a sum."""

    text: str
    input: str | None = None
    value: Any = None
    adds: float | None = None


@dataclass(frozen=True)
class Score:
    """`raw` as the formula gives it, `score` as it is shown. Both None when it cannot be computed."""

    name: str
    raw: float | None = None
    score: float | None = None
    band: str | None = None
    provisional: bool = False
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Calculator:
    name: str
    title: str
    purpose: str
    source: str
    inputs: tuple[Input, ...]
    compute: Callable[[Values], Score]

    def label(self, name: str) -> str:
        return next((i.label for i in self.inputs if i.name == name), name)


def calculate(calculator: Calculator, values: Values, stale: Collection[str] = ()) -> Score:
    """The score of these values. What is missing is missing, not zero; a stale input makes it provisional."""
    given = {
        i.name: values.get(i.name) if values.get(i.name) is not None else i.default for i in calculator.inputs
    }
    missing = [i for i in calculator.inputs if given[i.name] is None and not i.optional]
    old = tuple(Reason(f"{calculator.label(n)} is out of date: the score is provisional.", n) for n in stale)
    if missing:
        reasons = tuple(Reason(f"{i.label} is not known: no number can be given.", i.name) for i in missing)
        return Score(calculator.name, provisional=bool(old), reasons=reasons + old)
    score = calculator.compute(given)
    return replace(score, provisional=score.provisional or bool(old), reasons=score.reasons + old)


def cannot(name: str, field: str, value: object, why: str) -> Score:
    return Score(name, reasons=(Reason(why, field, value),))


def half_up(value: float, digits: int = 0) -> float:
    """Rounded as people round: 20.5 to 21. Beyond nine decimals a binary fraction is taken for noise."""
    exact = Decimal(f"{value:.9f}")
    return float(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def band_of(value: float, bands: tuple[tuple[float, str], ...]) -> str:
    """The first band whose upper end is not below the value; the last one has no end."""
    return next((name for end, name in bands if value <= end), bands[-1][1])


def shown(value: float) -> str:
    """For a line of text: at most three decimals, none that say nothing."""
    return f"{half_up(value, 3):g}" if abs(value) < 1e6 else f"{value:,.0f}"
