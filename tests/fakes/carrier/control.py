"""The carrier's own levers under /_control, for a test, a benchmark or a demonstration in another process.

GET    /_control/summary            figures
GET    /_control/ledger?to=NUMBER   texts, calls, duplicates, requests and webhooks (all, or of one number)
GET    /_control/faults             the kinds there are
POST   /_control/faults             a fault (fields of faults.Fault)
DELETE /_control/faults             no more faults
POST   /_control/settings           change inbound_url, speed, latency, max_concurrent, people, enforce_rates
POST   /_control/inbound            {"from", "body", "to"?, "media"?}: a phone sends a text
POST   /_control/reset              forget texts, faults and opt-outs
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.carrier.faults import KINDS, Fault
from tests.fakes.carrier.http import Answer, Request
from tests.fakes.carrier.network import Network

_SETTINGS = {
    "inbound_url",
    "speed",
    "latency",
    "max_concurrent",
    "sent_after",
    "delivered_after",
    "strict_senders",
    "advanced_opt_out",
    "calls_per_second",
    "answer_after",
    "no_answer_after",
    "say_seconds",
    "key_wait",
}


class Control:
    """Bodies are JSON; a bad one is answered 400 with what is allowed."""

    def __init__(self, network: Network, reset: Callable[[], None]) -> None:
        self._network = network
        self._reset = reset

    def handle(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        what = (request.method, request.path.removeprefix("/_control/"))
        try:
            content = json.loads(request.body or b"{}")
            if what == ("POST", "inbound"):
                return self._inbound(
                    str(content["from"]),
                    str(content["body"]),
                    content.get("to"),
                    int(content.get("media", 0)),
                )
            return _json(200, self._plain(what, content, dict(parse_qsl(request.query))))
        except KeyError as error:
            return _json(400, {"error": f"{error.args[0]} is missing or unknown"})
        except (ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})

    async def _inbound(self, phone: str, body: str, to: str | None, media: int) -> Answer:
        return _json(200, {"webhook": await self._network.hear(phone, None, body, to, media)})

    def _plain(self, what: tuple[str, str], content: dict[str, Any], query: dict[str, str]) -> object:
        network = self._network
        match what:
            case ("GET", "summary"):
                return {**network.ledger.summary(), "busy": network.busy}
            case ("GET", "ledger"):
                return self._ledger(query.get("to"))
            case ("GET", "faults"):
                return KINDS
            case ("POST", "faults"):
                network.script.add(Fault(**content))
            case ("DELETE", "faults"):
                network.script.clear()
            case ("POST", "settings"):
                self._change(content)
            case ("POST", "reset"):
                self._reset()
            case _:
                raise KeyError(" ".join(what))
        return {}

    def _change(self, content: dict[str, Any]) -> None:
        for name, value in content.items():
            if name == "people":
                self._network.people.with_habits = bool(value)
            elif name == "enforce_rates":
                self._network.senders.enforced = bool(value)
            elif name in _SETTINGS:
                setattr(self._network.settings, name, value)
            else:
                raise KeyError(name)

    def _ledger(self, to: str | None) -> dict[str, object]:
        ledger = self._network.ledger
        return {
            "accepted": [asdict(text) for text in ledger.accepted(to)],
            "received": [asdict(text) for text in ledger.received_texts if to in (None, text.sender)],
            "placed": [asdict(call) for call in ledger.calls_to(to)],
            "calls": [asdict(call) for call in ledger.calls if to in (None, call.to)],
            "webhooks": [
                asdict(one)
                for one in ledger.webhooks
                if to in (None, one.params.get("To"), one.params.get("From"))
            ],
            "duplicates": [
                {"to": number, "body": body, "times": times}
                for (number, body), times in ledger.duplicates().items()
                if to in (None, number)
            ],
        }


def _json(status: int, content: object) -> Answer:
    return Answer(status, json.dumps(content).encode())
