"""How a hospital counts its beds, and whether the numbers of several may be added.

Two hospitals that count differently give two different numbers under one name. Their sum is made only
together with what differs; see `summable`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

UNSAID = "unsaid"
"""What stands for the answer of a hospital that has not told how it counts."""
UNSAID_WORDS = "not said"


@dataclass(frozen=True)
class Question:
    """Something that hospitals do in different ways. `answers` are slugs with their words."""

    slug: str
    label: str
    answers: Mapping[str, str]


_ALL = (
    Question(
        "bed_basis",
        "Which beds the number of beds means",
        {
            "staffed": "beds with staff",
            "physical": "beds that stand there",
            "licensed": "beds on the license",
        },
    ),
    Question(
        "observation",
        "Patients under observation",
        {"included": "counted as in a bed", "excluded": "left out"},
    ),
    Question(
        "newborns",
        "Healthy newborns with their mothers",
        {"included": "counted as in a bed", "excluded": "left out"},
    ),
    Question(
        "ed_boarders",
        "Admitted patients who wait in the emergency department",
        {
            "ed": "counted in the emergency department",
            "ward": "counted in the unit they wait for",
            "both": "counted in both",
        },
    ),
    Question(
        "leave",
        "Beds kept for patients on leave",
        {"occupied": "counted as occupied", "free": "counted as free"},
    ),
    Question(
        "recovery",
        "Places of surgery and recovery",
        {"included": "counted as beds", "excluded": "left out"},
    ),
)
QUESTIONS: Mapping[str, Question] = MappingProxyType({question.slug: question for question in _ALL})


@dataclass(frozen=True)
class Basis:
    """How one hospital counts: answer by question, only what it has told."""

    hospital: str
    answers: Mapping[str, str]

    def answer(self, question: str) -> str:
        return self.answers.get(question, UNSAID)


@dataclass(frozen=True)
class Difference:
    """One thing that these hospitals do not all count alike. `groups`: answers in words, with the hospitals."""

    question: str
    label: str
    groups: Sequence[tuple[str, Sequence[str]]]

    @property
    def said(self) -> str:
        parts = (f"{words} ({', '.join(hospitals)})" for words, hospitals in self.groups)
        return f"{self.label}: {'; '.join(parts)}"


def summable(bases: Iterable[Basis]) -> list[Difference]:
    """What keeps the numbers of these hospitals from being added; empty: they may be.

    What a hospital has not told counts as a difference: it may count in any way. One hospital alone never differs.
    """
    found = list(bases)
    if len(found) < 2:
        return []
    return [difference for question in _ALL if (difference := _difference(question, found))]


def in_words(differences: Sequence[Difference]) -> str:
    """One sentence for beside a sum; empty when nothing differs."""
    if not differences:
        return ""
    untold = {tuple(names) for each in differences for words, names in each.groups if words == UNSAID_WORDS}
    only_untold = all(len(each.groups) == 1 for each in differences)
    if only_untold and len(untold) == 1:
        return f"Nobody has said how {_listed(next(iter(untold)))} count."
    return f"They count differently. {'. '.join(each.said for each in differences)}."


def _difference(question: Question, bases: Sequence[Basis]) -> Difference | None:
    groups: dict[str, list[str]] = {}
    for basis in bases:
        groups.setdefault(basis.answer(question.slug), []).append(basis.hospital)
    if len(groups) == 1 and UNSAID not in groups:
        return None
    order = [*question.answers, UNSAID]
    words = {**question.answers, UNSAID: UNSAID_WORDS}
    sides = [
        (words.get(answer, answer), tuple(names))
        for answer, names in sorted(groups.items(), key=lambda g: order.index(g[0]) if g[0] in order else 99)
    ]
    return Difference(question.slug, question.label, sides)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
