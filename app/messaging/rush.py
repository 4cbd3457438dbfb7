"""Whether this process has more texts to hand over than it can take in hand.

Then they come first: what became of texts that are out is worked off a little at a time until they are gone.
"""

from __future__ import annotations


class Rush:
    """Lines of the sender that found more than they could take. Falsy when there is none."""

    def __init__(self) -> None:
        self._lines: set[str] = set()

    def note(self, line: str, more: bool) -> None:
        (self._lines.add if more else self._lines.discard)(line)

    def __bool__(self) -> bool:
        return bool(self._lines)
