"""Words for opting out and in again, as carriers know them.

twilio.com/docs/messaging/features/opt-out-keywords
"""

from __future__ import annotations

from typing import Literal

Keyword = Literal["stop", "start", "help"]

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})
_PUNCTUATION = " \t\r\n.!,;:\"'"


def keyword(text: str, said_by_carrier: str | None = None) -> Keyword | None:
    """What a whole text asks for, if it is such a word; a carrier that knows better says so."""
    word = (said_by_carrier or text).strip(_PUNCTUATION).upper()
    if word in STOP:
        return "stop"
    if word in START:
        return "start"
    return "help" if word in HELP else None
