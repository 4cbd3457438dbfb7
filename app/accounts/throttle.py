"""How many wrong passwords are taken, for one account and from one address, before somebody has to wait."""

from __future__ import annotations

import time
from math import ceil

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.core.errors import TooManyAttempts
from app.core.ids import digest

log = structlog.get_logger()

MINUTES = 15
# A hospital's staff may all come from one address; a person mistypes a few times.
PER_ADDRESS = RateLimitItemPerMinute(100, MINUTES)
PER_ACCOUNT = RateLimitItemPerMinute(10, MINUTES)


class Throttle:
    """Counts failures in this process and, with Valkey, over all; without it the process goes on alone."""

    def __init__(self, redis_url: str | None) -> None:
        self._limiters = [MovingWindowRateLimiter(MemoryStorage())]
        if redis_url is not None:
            url = f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url
            shared = storage_from_string(url, socket_timeout=1, socket_connect_timeout=1)
            self._limiters.append(MovingWindowRateLimiter(shared))

    def check(self, address: str, email: str) -> None:
        """Raises TooManyAttempts, saying when to try again."""
        for limiter in self._limiters:
            for item, key in _keys(address, email):
                try:
                    if limiter.test(item, key):
                        continue
                    wait = ceil(limiter.get_window_stats(item, key).reset_time - time.time())
                except RedisError:
                    log.warning("throttle.not_shared")
                    break
                raise _too_many(max(1, wait))

    def failed(self, address: str, email: str) -> None:
        """Count one wrong password."""
        for limiter in self._limiters:
            for item, key in _keys(address, email):
                try:
                    limiter.hit(item, key)
                except RedisError:
                    log.warning("throttle.not_shared")
                    break


def _keys(address: str, email: str) -> list[tuple[RateLimitItemPerMinute, str]]:
    return [
        (PER_ADDRESS, f"sign-in:address:{address}"),
        (PER_ACCOUNT, f"sign-in:account:{digest(email.strip().lower())}"),
    ]


def _too_many(seconds: int) -> TooManyAttempts:
    minutes = ceil(seconds / 60)
    words = "a minute" if minutes == 1 else f"{minutes} minutes"
    return TooManyAttempts(f"There were too many wrong passwords. Try again in {words}.", seconds)
