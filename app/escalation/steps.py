"""A policy as data: what its steps are, how they are stored, and which of them can be. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.core.errors import Invalid
from app.escalation.windows import DAY, Window

VERSION = 2
"""Of the stored form. The first, still read, was a list of [minutes, do]."""

ASK_NEXT, MARK_OVERDUE, REPEAT = "ask_next", "mark_overdue", "repeat"
WEBHOOK = "tell_webhook"

# What a step can do, in the words of the page that edits it. A kind of thing allows some of these.
DOES: Mapping[str, str] = MappingProxyType(
    {
        ASK_NEXT: "ask the next on the list",
        MARK_OVERDUE: "mark it overdue",
        "tell_supervisor": "tell the supervisor",
        "tell_commander": "tell the incident commander",
        "tell_role": "tell whoever holds a position",
        "tell_on_duty": "tell who is on duty in a unit",
        "tell_all": "tell everybody on a list",
        "tell_in_turn": "tell the next in turn of a list",
        WEBHOOK: "tell another system",
        REPEAT: "begin again with the first step",
    }
)
TELLS = tuple(do for do in DOES if do.startswith("tell_"))
WANTS: Mapping[str, str] = MappingProxyType(
    {"tell_role": "position", "tell_all": "list", "tell_in_turn": "list", WEBHOOK: "system"}
)
"""What `to` must say for a step, where it must; tell_on_duty may leave it to the unit concerned."""

CHANNELS = ("sms", "voice", "email")
OUTSIDE = ("skip", "wait")
ONLY = ("", "real", "exercise")
LEVELS = ("monitoring", "limited", "partial", "full")

MOST_STEPS = 12
LONGEST_WAIT = 24 * 60
MOST_ROUNDS = 5
UNTIL_ENDED = 0
MOST_NEEDS = 20
LONGEST_HOLD = 12 * 60


@dataclass(frozen=True)
class Step:
    """`wait_minutes` after the step before, or after the beginning, do `do`.

    to          the position, unit, list or system meant; a list is depth:<position>, skill:<slug> or
                department:<name>.
    channels    how people are told; all at once.
    asks        they are asked to say that they see to it.
    needs       so many must say so before the next steps wait.
    window      it is done only in these hours; outside them it is passed over (`skip`) or waits (`wait`).
    only        real or exercise: it is passed over in the other; empty: in both.
    from_level  it is passed over below this level of activation; empty: never.
    """

    wait_minutes: int
    do: str
    to: str = ""
    channels: tuple[str, ...] = ("sms",)
    asks: bool = True
    needs: int = 1
    window: Window | None = None
    outside: str = "skip"
    only: str = ""
    from_level: str = ""

    @property
    def tells(self) -> bool:
        return self.do in TELLS

    def plain(self) -> dict[str, Any]:
        """As JSON data; what is as usual is left out."""
        said: dict[str, Any] = {"wait": self.wait_minutes, "do": self.do}
        usual = Step(0, "")
        for name in ("to", "asks", "needs", "outside", "only", "from_level"):
            if (value := getattr(self, name)) != getattr(usual, name):
                said[name] = value
        if self.channels != usual.channels:
            said["channels"] = list(self.channels)
        if self.window is not None:
            said["window"] = [self.window.begins, self.window.ends]
        return said

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Step:
        rest = {k: v for k, v in said.items() if k not in ("wait", "do", "channels", "window")}
        if "channels" in said:
            rest["channels"] = tuple(said["channels"])
        if "window" in said:
            rest["window"] = Window(*said["window"])
        return cls(said["wait"], said["do"], **rest)


@dataclass(frozen=True)
class Policy:
    """`rounds`: how often its steps are gone through at most, when the last says repeat; UNTIL_ENDED: until
    it is over, each further round waiting longer. `hold_minutes`: how long whoever sees to it is left alone.
    `bundled`: several for one person may come in one text.
    """

    steps: tuple[Step, ...]
    rounds: int = 1
    hold_minutes: int = 30
    bundled: bool = True

    def dump(self) -> str:
        said = {
            "version": VERSION,
            "hold": self.hold_minutes,
            "bundled": self.bundled,
            "steps": [step.plain() for step in self.steps],
        }
        return json.dumps(said)

    @classmethod
    def load(cls, stored: str, rounds: int) -> Policy:
        said = json.loads(stored)
        if isinstance(said, list):
            return cls(tuple(Step(wait, do) for wait, do in said), rounds)
        if said["version"] != VERSION:
            raise ValueError(f"a policy of version {said['version']} is not known here")
        steps = tuple(Step.of(each) for each in said["steps"])
        return cls(steps, rounds, said["hold"], said["bundled"])


def checked(
    steps: Sequence[Step],
    rounds: int,
    allowed: Collection[str],
    *,
    hold_minutes: int = 30,
    bundled: bool = True,
) -> Policy:
    """The policy, or Invalid naming the step and what is allowed."""
    if len(steps) > MOST_STEPS:
        raise Invalid.field("steps", f"at most {MOST_STEPS} steps are allowed")
    if not 0 <= rounds <= MOST_ROUNDS:
        raise Invalid.field("rounds", f"must be from 1 to {MOST_ROUNDS}, or 0: until it is over")
    if not 1 <= hold_minutes <= LONGEST_HOLD:
        raise Invalid.field("hold_minutes", f"must be from 1 to {LONGEST_HOLD} minutes")
    for number, step in enumerate(steps, 1):
        _check(step, number, allowed)
        if step.do == REPEAT and number < len(steps):
            raise Invalid.field(f"do_{number}", "repeat can only be the last step")
        if step.do == REPEAT and not any(s.wait_minutes for s in steps):
            raise Invalid.field(f"wait_{number}", "steps that repeat must wait somewhere")
    return Policy(tuple(steps), rounds, hold_minutes, bundled)


def _check(step: Step, number: int, allowed: Collection[str]) -> None:
    def refuse(field: str, why: str) -> None:
        raise Invalid.field(f"{field}_{number}", why)

    if not 0 <= step.wait_minutes <= LONGEST_WAIT:
        refuse("wait", f"must be from 0 to {LONGEST_WAIT} minutes")
    if step.do not in allowed:
        refuse("do", f"must be one of {', '.join(allowed)}")
    if step.do in WANTS and not step.to:
        refuse("to", f"must name the {WANTS[step.do]}")
    if len(step.to) > 120:
        refuse("to", "may have 120 characters")
    if WANTS.get(step.do) == "list" and step.to.partition(":")[0] not in ("depth", "skill", "department"):
        refuse("to", "must be a list: depth:<position>, skill:<name> or department:<name>")
    if step.tells and step.do != WEBHOOK and not step.channels:
        refuse("channels", "choose at least one")
    if not set(step.channels) <= set(CHANNELS):
        refuse("channels", f"must be of {', '.join(CHANNELS)}")
    if not 1 <= step.needs <= MOST_NEEDS:
        refuse("needs", f"must be from 1 to {MOST_NEEDS}")
    if step.outside not in OUTSIDE:
        refuse("outside", f"must be one of {', '.join(OUTSIDE)}")
    if step.only not in ONLY:
        refuse("only", "must be real, exercise or empty")
    if step.from_level and step.from_level not in LEVELS:
        refuse("from_level", f"must be one of {', '.join(LEVELS)}, or empty")
    if step.window is not None:
        _check_window(step.window, number)
        if step.do == REPEAT:
            refuse("begins", "beginning again has no hours of its own")


def _check_window(window: Window, number: int) -> None:
    if not (0 <= window.begins < DAY and 0 <= window.ends < DAY):
        raise Invalid.field(f"begins_{number}", "must be a time of day such as 07:30")
    if window.begins == window.ends:
        raise Invalid.field(f"ends_{number}", "must differ from the beginning")
