"""How fast one sender may send, over all processes (promise I7): a bucket that runs empty by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

BURST = timedelta(milliseconds=100)
"""How far ahead of its pace a sender may run, so that a claim need not be made for every single text."""


def room(segments: Sequence[int], rate: int, free_at: datetime, now: datetime) -> tuple[int, datetime]:
    """How many of these texts, in order, may be sent now, and when the sender is free again.

    segments  of each text; rate is segments a second, above 0.
    """
    free = max(free_at, now)
    for count, size in enumerate(segments):
        if free > now + BURST:
            return count, free
        free += timedelta(seconds=size / rate)
    return len(segments), free
