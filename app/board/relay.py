"""Carries pushes between processes over a Redis-protocol server. Losing it costs speed, never a change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import redis
import structlog
from socketio import PubSubManager

log = structlog.get_logger()

CHANNEL = "muster-board"
ANSWER_SECONDS = 1.0
REST_SECONDS = 2.0


class Relay(PubSubManager):
    """What python-socketio asks of a message queue, with bounds: a dead server holds up a push for one second
    and is then left alone for two, and it is looked for every two seconds until it is back."""

    name = "relay"

    def __init__(self, url: str) -> None:
        super().__init__(channel=CHANNEL)
        limits: dict[str, Any] = {"socket_connect_timeout": ANSWER_SECONDS, "retry": None}
        self._out = redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, **limits)
        self._in = redis.Redis.from_url(url, health_check_interval=10, **limits)
        self._rests_until = 0.0

    def _publish(self, data: dict[str, Any]) -> None:
        """Hand to the other processes. Called after the local sockets have been served."""
        if time.monotonic() < self._rests_until:
            return
        try:
            self._out.publish(self.channel, self.json.dumps(data))
        except (redis.RedisError, OSError) as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning("board.relay_lost", error=type(error).__name__)

    def _listen(self) -> Iterator[Any]:
        while True:
            try:
                yield from self._received()
            except (redis.RedisError, OSError) as error:
                log.warning("board.relay_silent", error=type(error).__name__)
                time.sleep(REST_SECONDS)

    def _received(self) -> Iterator[Any]:
        with self._in.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(self.channel)
            for message in subscription.listen():
                yield message["data"]
