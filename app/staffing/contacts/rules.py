"""Codes, rests and results: what is right, allowed and due. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.staffing.contacts.models import QuietTestState

DIGITS = 6
CODE_LIFE = timedelta(minutes=15)
MOST_TRIES = 5
MOST_SENDS, SENDS_WITHIN = 3, timedelta(hours=1)
TELL_OWNER_EVERY = timedelta(days=7)
LONGEST_PAUSE = timedelta(days=60)
DAY_MINUTES = 24 * 60


class Verdict(StrEnum):
    """What a typed code was worth, in the words of whoever typed it."""

    RIGHT = "The code is right."
    WRONG = "is not the code"
    SPENT = "was tried too often: ask for a new code"
    EXPIRED = "is too old: ask for a new code"
    NONE = "ask for a code first"


def next_send(sent: Sequence[datetime], now: datetime) -> datetime | None:
    """When one more code may be sent, after those sent at these moments; None for now."""
    recent = sorted(at for at in sent if now - at < SENDS_WITHIN)
    return recent[-MOST_SENDS] + SENDS_WITHIN if len(recent) >= MOST_SENDS else None


def judge(digest: str, typed: str, *, tries: int, expires_at: datetime, now: datetime) -> Verdict:
    """`typed` is the digest of what was typed; `tries` counts earlier ones. Compared in constant time."""
    if now >= expires_at:
        return Verdict.EXPIRED
    if tries >= MOST_TRIES:
        return Verdict.SPENT
    return Verdict.RIGHT if hmac.compare_digest(digest, typed) else Verdict.WRONG


def cleaned(typed: str) -> str:
    """A code as people type it, with blanks and dashes."""
    return "".join(letter for letter in typed if letter.isascii() and letter.isdigit())


def rests_until(
    paused_until: datetime | None,
    quiet_from: int | None,
    quiet_to: int | None,
    zone: str,
    now: datetime,
) -> datetime | None:
    """Until when a method is left alone by what is not urgent; None when it may be used now.

    Quiet hours are of the wall clock, so they are an hour longer or shorter in the night it is changed.
    """
    ends = [paused_until] if paused_until is not None and now < paused_until else []
    if quiet_from is not None and quiet_to is not None and quiet_from != quiet_to:
        local = now.astimezone(ZoneInfo(zone))
        minute = local.hour * 60 + local.minute
        if (minute - quiet_from) % DAY_MINUTES < (quiet_to - quiet_from) % DAY_MINUTES:
            ends.append(_next_minute(local, quiet_to))
    return max(ends, default=None)


def _next_minute(local: datetime, minute: int) -> datetime:
    """The next moment at which the wall clock shows this minute of the day."""
    at = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)
    if at.astimezone(UTC) <= local.astimezone(UTC):
        at = (at + timedelta(days=1)).replace(fold=0)
    return at.astimezone(UTC)


_S = QuietTestState
_RANK = {
    _S.PLANNED: 0,
    _S.ASKED: 1,
    _S.SENT: 2,
    _S.UNKNOWN: 3,
    _S.FAILED: 4,
    _S.DELIVERED: 5,
    _S.ANSWERED: 6,
}


def result_after(current: QuietTestState, heard: QuietTestState) -> QuietTestState:
    """A result only ever gets surer: whatever comes late or twice, it does not go back."""
    if current is _S.SKIPPED:
        return current
    return heard if _RANK[heard] > _RANK[current] else current
