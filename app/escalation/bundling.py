"""When a notice goes out, so that several for one person come in one text. Pure.

Somebody who has got more than MOST texts within SPAN is taken to be flooded until fewer than CALM are left of
them in it; until then what waits for them is gathered for longer. What concerns life is never gathered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

GATHER = timedelta(seconds=30)
FLOODED_GATHER = timedelta(minutes=3)
SPAN = timedelta(minutes=10)
MOST = 10
CALM = 5
LOOKED_BACK = 6 * SPAN
"""Further back nobody is followed: by then a flood has run off, or is one still."""


def send_at(now: datetime, texts: Iterable[datetime], gathering_until: datetime | None) -> datetime:
    """When to send something that has come up at `now` for somebody who has got texts at these times.

    `gathering_until`: something waits for them already and goes out then; this goes with it.
    """
    if gathering_until is not None:
        return gathering_until
    return now + (FLOODED_GATHER if flooded(texts, now) else GATHER)


def flooded(texts: Iterable[datetime], now: datetime) -> bool:
    past = [at for at in texts if at <= now]
    # What leaves the span at a moment does so before what comes in.
    changes = sorted([(at + SPAN, -1) for at in past if at + SPAN <= now] + [(at, 1) for at in past])
    number, full = 0, False
    for _, change in changes:
        number += change
        full = number > MOST or (full and number >= CALM)
    return full
