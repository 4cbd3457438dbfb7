"""What can go wrong at a carrier, by script: for one number or all, always, some times or by chance."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass

BEFORE = {
    "refuse": "answer 400 with `code`; nothing is accepted",
    "callback_refused": "answer 400/21609 while the request has a StatusCallback",
    "unauthorized": "answer 401/20003",
    "too_many": "answer 429/20429",
    "error_before": "answer 500/20500; nothing is accepted",
    "timeout_before": "read the request, accept nothing, never answer",
    "reset_before": "read the request, accept nothing, reset the connection",
}
AFTER = {
    "error_after": "accept, then answer 500/20500",
    "timeout_after": "accept, then never answer",
    "reset_after": "accept, then reset the connection",
    "slow": "accept, and answer after `delay` seconds",
    "garbage": "accept, and answer 201 with something that is no JSON",
}
OUTCOMES = {
    "undelivered": "the handset or its network says no, with `code`",
    "failed": "the text never leaves, with `code`",
    "sent_only": "the network gives no receipt: sent stays the last word",
    "stuck": "the text stays queued",
}
CALLS = {
    "busy": "the line is busy",
    "declined": "it rings, and the call is declined",
    "no_answer": "it rings, and nobody picks up",
    "voicemail": "a machine picks up, hears everything and presses nothing",
    "wrong_key": "whoever picks up presses the key `code` (5 when none is given), again and again",
    "hang_up": "whoever picks up hangs up after the first words",
    "unknown_number": "the network does not know the number",
}
CALLBACKS = {
    "early": "callbacks come before the create answer",
    "late": "each callback comes `delay` seconds late",
    "duplicate": "each callback comes twice",
    "reversed": "callbacks come in reverse order",
    "lost": "no callback comes",
    "bad_signature": "callbacks are signed with a wrong token",
    "old_token": "callbacks are signed with the token before the current one",
}
KINDS = {**BEFORE, **AFTER, **OUTCOMES, **CALLS, **CALLBACKS}
ENDPOINTS = ("create", "list", "fetch")


@dataclass
class Fault:
    """One thing that goes wrong.

    kind         one of KINDS.
    to           the number it strikes; None strikes all.
    on           the request it strikes: "create", "list" or "fetch" (answers only).
    code         the carrier's error code.
    delay        seconds, not scaled by the carrier's speed.
    probability  0 to 1, drawn from the carrier's seed.
    times        how often it may still strike; None is without end.
    """

    kind: str
    to: str | None = None
    on: str = "create"
    code: int | None = None
    delay: float = 0.0
    probability: float = 1.0
    times: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if self.on not in ENDPOINTS:
            raise ValueError(f"on must be one of {', '.join(ENDPOINTS)}")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must be between 0 and 1")
        if self.delay < 0:
            raise ValueError("delay must be 0 seconds or more")


# Numbers that always behave the same, so that a demonstration needs no script: +1 500 555 01xx.
MAGIC = {
    "+15005550101": Fault("refuse", code=21211),
    "+15005550102": Fault("refuse", code=21612),
    "+15005550103": Fault("refuse", code=21408),
    "+15005550104": Fault("refuse", code=21610),
    "+15005550109": Fault("refuse", code=21614),
    "+15005550130": Fault("undelivered", code=30003),
    "+15005550131": Fault("undelivered", code=30005),
    "+15005550132": Fault("undelivered", code=30006),
    "+15005550133": Fault("undelivered", code=30007),
    "+15005550138": Fault("undelivered", code=30008),
    "+15005550140": Fault("sent_only"),
    "+15005550141": Fault("lost"),
    "+15005550142": Fault("reversed"),
    "+15005550143": Fault("duplicate"),
    "+15005550144": Fault("early"),
    "+15005550145": Fault("busy"),
    "+15005550146": Fault("no_answer"),
    "+15005550147": Fault("voicemail"),
    "+15005550148": Fault("wrong_key"),
    "+15005550149": Fault("hang_up"),
    "+15005550150": Fault("error_after"),
    "+15005550151": Fault("reset_after"),
    "+15005550152": Fault("timeout_after"),
}


class Script:
    """The faults in force; the first that applies strikes."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def strike(self, kinds: Collection[str], to: str | None, on: str = "create") -> Fault | None:
        """The fault of one of these kinds that strikes now, used up by one."""
        for fault in self._faults:
            if fault.kind not in kinds or fault.on != on or fault.times == 0:
                continue
            if fault.to is not None and fault.to != to:
                continue
            if fault.probability < 1 and self._chance.random() >= fault.probability:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        magic = MAGIC.get(to or "")
        return magic if magic and magic.kind in kinds and on == "create" else None
