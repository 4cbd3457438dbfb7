"""Gathers what commits have changed and publishes it, away from the threads that answer requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()

Publish = Callable[[str, int, int], None]


class Gatherer:
    """Which subjects have something new, and when each is due: at once after a quiet time, else not more
    often than every `interval` seconds. What comes in between is gathered into one range."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._waiting: dict[str, tuple[int, int]] = {}
        self._last: dict[str, float] = {}

    def add(self, subject: str, began: int, seq: int) -> None:
        """`subject` went from `began` to `seq`."""
        earlier, later = self._waiting.get(subject, (began, seq))
        self._waiting[subject] = (min(began, earlier), max(seq, later))

    def take(self, now: float) -> list[tuple[str, int, int]]:
        """Remove and return what is due, as (subject, began, seq)."""
        due = [subject for subject in self._waiting if self._due_at(subject) <= now]
        self._last = {s: at for s, at in self._last.items() if at + self.interval > now}
        self._last |= dict.fromkeys(due, now)
        return [(subject, *self._waiting.pop(subject)) for subject in due]

    def next_due(self) -> float | None:
        """When to look again; None while nothing waits."""
        return min(map(self._due_at, self._waiting), default=None)

    def _due_at(self, subject: str) -> float:
        last = self._last.get(subject)
        return float("-inf") if last is None else last + self.interval


class Publisher:
    """One thread that calls `publish(subject, began, seq)` for what was added, in order for each subject.

    Bounded: it holds one range for each subject, however many commits there are. A publish that fails is
    logged and dropped; browsers notice by the head and ask.
    """

    def __init__(self, publish: Publish, interval: float = 0.1) -> None:
        self._publish = publish
        self._gatherer = Gatherer(interval)
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def add(self, subject: str, began: int = 0, seq: int = 0) -> None:
        with self._changed:
            self._gatherer.add(subject, began, seq)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="board-publisher", daemon=True)
                self._thread.start()
            self._changed.notify()

    def stop(self) -> None:
        """End the thread; what still waits is not published."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        while (due := self._next()) is not None:
            for subject, began, seq in due:
                try:
                    self._publish(subject, began, seq)
                except Exception:
                    log.exception("board.publish_failed", subject=subject)

    def _next(self) -> list[tuple[str, int, int]] | None:
        """Wait for something to be due; None to stop."""
        with self._changed:
            while not self._stopping:
                if due := self._gatherer.take(time.monotonic()):
                    return due
                at = self._gatherer.next_due()
                self._changed.wait(None if at is None else max(0.0, at - time.monotonic()))
            return None
