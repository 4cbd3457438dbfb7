"""A browser's side of the board, as `board.js` does it: what it shows, and when it must ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shown:
    """The cards on one page. `gaps` counts batches that began after what the page knew."""

    known: int = 0
    cards: dict[str, tuple[int, str]] = field(default_factory=dict)
    gaps: int = 0
    batches: list[dict[str, Any]] = field(default_factory=list)

    def take(self, batch: dict[str, Any]) -> bool:
        """Show a batch. False when something was missed and the page must join again."""
        self.batches.append(batch)
        for card in batch["cards"]:
            version, _ = self.cards.get(card["id"], (-1, ""))
            if card["version"] > version:
                self.cards[card["id"]] = (card["version"], card["html"])
        if batch["after"] > self.known:
            self.gaps += 1
            return False
        self.known = max(self.known, batch["seq"])
        return True


def until(done: Callable[[], Any], seconds: float = 10.0, every: float = 0.01) -> Any:
    """What `done` returns once it is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(every)
    return found
