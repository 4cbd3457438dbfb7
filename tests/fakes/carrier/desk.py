"""Where requests are taken: the limits, the faults before and after acceptance, and the entry in the ledger."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.fakes.carrier.answers import FOREVER, after, before, error
from tests.fakes.carrier.faults import AFTER, BEFORE
from tests.fakes.carrier.http import RESET, Answer, Request
from tests.fakes.carrier.ledger import Call
from tests.fakes.carrier.network import Network


@dataclass
class Taken:
    """What was accepted. `first` must be awaited before the request is answered (early callbacks)."""

    sid: str
    resource: dict[str, object]
    first: Coroutine[Any, Any, None] | None


class Desk:
    """One for the whole account, so that texts and calls share its limit of requests at a time."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._in_flight = 0

    def create(
        self,
        request: Request,
        form: dict[str, str],
        refusal: Callable[[], Answer | None],
        take: Callable[[], Taken],
    ) -> Answer | Coroutine[Any, Any, Answer]:
        """Answer a create. Everything that needs no waiting is answered without a task."""
        to, body = form.get("To", ""), form.get("Body", "")
        script, settings = self.network.script, self.network.settings
        if settings.max_concurrent is not None and self._in_flight >= settings.max_concurrent:
            return self.log(request, to, body, error(429, 20429, "Too Many Requests"))
        kinds = BEFORE if form.get("StatusCallback") else BEFORE.keys() - {"callback_refused"}
        fault = script.strike(kinds, to)
        if fault and fault.kind == "timeout_before":
            return self._answer_later(request, to, body, RESET, fault.delay or FOREVER)
        if fault:
            return self.log(request, to, body, before(fault, to))
        if trouble := refusal():
            return self.log(request, to, body, trouble)
        taken = take()
        answer, delay = Answer(201, json.dumps(taken.resource).encode()), settings.latency
        if fault := script.strike(AFTER, to):
            answer, delay = after(fault, answer, delay)
        if taken.first is None and not delay:
            return self.log(request, to, body, answer, taken.sid)
        return self._answer_later(request, to, body, answer, delay, taken.first, taken.sid)

    def trouble(self, request: Request, to: str | None, on: str) -> Answer | None:
        """The fault that strikes a request that only reads, or changes what is there."""
        fault = self.network.script.strike(BEFORE, to, on)
        return self.log(request, to, None, before(fault, to or "")) if fault else None

    def log(
        self, request: Request, to: str | None, body: str | None, answer: Answer, sid: str | None = None
    ) -> Answer:
        answer.headers["Twilio-Concurrent-Requests"] = str(self._in_flight + 1)
        calls = self.network.ledger.calls
        calls.append(Call(time.time(), request.method, request.path, to, body, answer.status, sid))
        return answer

    async def _answer_later(
        self,
        request: Request,
        to: str,
        body: str,
        answer: Answer,
        delay: float,
        first: Coroutine[Any, Any, None] | None = None,
        sid: str | None = None,
    ) -> Answer:
        self._in_flight += 1
        try:
            if first is not None:
                await first
            await asyncio.sleep(delay)
        except asyncio.CancelledError:
            self.log(request, to, body, RESET, sid)
            raise
        finally:
            self._in_flight -= 1
        return self.log(request, to, body, answer, sid)
