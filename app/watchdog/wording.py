"""Findings in words, for the alarm, the log, the health page."""

from __future__ import annotations

from collections.abc import Mapping

from app.watchdog.registry import AUDITS
from app.watchdog.rounds import BROKEN


def label(kind: str) -> str:
    """A kind as a person says it; one that is no longer audited by its name."""
    if kind == BROKEN:
        return "audits that could not be done"
    return AUDITS[kind].label if kind in AUDITS else kind


def counted(kinds: Mapping[str, int]) -> str:
    """ "3 deadlines, 1 messages": how many of each kind, the most first."""
    most_first = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{label(kind)}: {number}" for kind, number in most_first)
