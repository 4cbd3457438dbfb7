"""A browser's side of the board, as `board.js` does it: what it shows, and when it must ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import socketio

from app.board.cards import CARDS

NAMESPACE = "/board"


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


def folded(cards: list[dict[str, Any]]) -> list[str]:
    """The ids of those whose version comes from the journal; the others are sent with every catch-up."""
    return [card["id"] for card in cards if CARDS[card["id"]].outside is None]


def until(done: Callable[[], Any], seconds: float = 10.0, every: float = 0.01) -> Any:
    """What `done` returns once it is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(every)
    return found


class Board:
    """An open board at a running server, through a real websocket. It asks again as the page does."""

    def __init__(self, url: str, token: str, incident_id: str) -> None:
        self.shown = Shown()
        self.arrived: dict[int, float] = {}
        self.disconnected: list[str] = []
        self._incident_id = incident_id
        self.client = socketio.Client(reconnection=False, handle_sigint=False)
        self.client.on("connect", self._join, namespace=NAMESPACE)
        self.client.on("disconnect", self.disconnected.append, namespace=NAMESPACE)
        self.client.on("cards", self._cards, namespace=NAMESPACE)
        self.client.on("head", self._head, namespace=NAMESPACE)
        headers = {"Authorization": f"Bearer {token}"}
        options = {"namespaces": [NAMESPACE], "transports": ["websocket"], "wait_timeout": 20}
        self.client.connect(url, headers=headers, **options)

    def close(self) -> None:
        self.client.disconnect()

    def _join(self) -> None:
        wanted = {"incident": self._incident_id, "seq": self.shown.known}
        self.client.emit("join", wanted, namespace=NAMESPACE)

    def _cards(self, batch: dict[str, Any]) -> None:
        before = self.shown.known
        if not self.shown.take(batch):
            self._join()
        now = time.perf_counter()
        self.arrived |= dict.fromkeys(range(before + 1, self.shown.known + 1), now)

    def _head(self, head: dict[str, Any]) -> None:
        if head["seq"] > self.shown.known:
            self._join()
