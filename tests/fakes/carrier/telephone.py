"""What happens to a call: it waits for its turn, rings, and plays what our program says to whoever picks up."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

from tests.fakes.carrier.answers import rfc2822
from tests.fakes.carrier.faults import CALLBACKS, CALLS, Fault
from tests.fakes.carrier.ledger import PhoneCall
from tests.fakes.carrier.network import Network

APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."
_ENDS = ("completed", "busy", "no-answer", "failed", "canceled")
_EVENT_OF = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}


@dataclass
class _Reports:
    """How this call's callbacks go astray."""

    fault: Fault | None
    held: list[dict[str, str]]
    sequence: int = 0

    @property
    def kind(self) -> str:
        return self.fault.kind if self.fault else ""


class Telephone:
    """Runs on the carrier's event loop, on the network's settings, people, faults and ledger."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._free_at = 0.0
        self._over: dict[str, asyncio.Event] = {}

    def place(self, call: PhoneCall) -> Coroutine[Any, Any, None] | None:
        """Take a call; what is returned must be awaited before the create is answered (early callbacks)."""
        self._network.ledger.add_call(call)
        reports = _Reports(self._network.script.strike(CALLBACKS, call.to), [])
        self._over[call.sid] = asyncio.Event()
        life = self._live(call, reports)
        if reports.kind == "early":
            return life
        self._network.start(life)
        return None

    def end(self, call: PhoneCall, status: str) -> bool:
        """Cancel a call that nobody has picked up, or end one that runs; whether that can be."""
        waiting = call.status in ("queued", "ringing")
        if status == "canceled" and waiting:
            call.status = "canceled"
        elif status == "completed" and (waiting or call.status == "in-progress"):
            call.status = "canceled" if waiting else "completed"
        else:
            return False
        self._over[call.sid].set()
        return True

    def reset(self) -> None:
        self._free_at = 0.0
        self._over.clear()

    async def _live(self, call: PhoneCall, reports: _Reports) -> None:
        try:
            await self._turn(call)
            if call.status == "queued":
                await self._ring(call, reports)
        finally:
            self._over.pop(call.sid, None)
        await self._finish(call, reports)

    async def _turn(self, call: PhoneCall) -> None:
        """Calls leave one after the other, at the account's calls a second."""
        settings, now = self._network.settings, self._network.now()
        leaves = max(now, self._free_at)
        if settings.calls_per_second:
            self._free_at = leaves + 1 / settings.calls_per_second
        await self._pass(call, leaves - now)

    async def _ring(self, call: PhoneCall, reports: _Reports) -> None:
        settings = self._network.settings
        fault = self._network.script.strike(CALLS, call.to)
        kind = fault.kind if fault else ""
        await self._report(call, reports, "initiated")
        if kind == "unknown_number":
            call.status, call.sip = "failed", 404
            return
        if kind == "busy":
            call.status, call.sip = "busy", 486
            return
        call.status = "ringing"
        await self._report(call, reports, "ringing")
        plan = self._network.people.on_call(call)
        after = settings.answer_after if plan.picks_up_after is None else plan.picks_up_after
        if kind == "no_answer" or not plan.picks_up or after > call.ring_seconds:
            await self._pass(call, settings.no_answer_after or call.ring_seconds)
            if call.status == "ringing":
                call.status, call.sip = "no-answer", 480
            return
        await self._pass(call, after)
        if call.status != "ringing":
            return
        if kind == "declined":
            call.status, call.sip = "busy", 603
            return
        call.status, call.started = "in-progress", time.time()
        await self._report(call, reports, "in-progress")
        keys = plan.keys
        if kind == "wrong_key" and fault:
            keys = (str(5 if fault.code is None else fault.code),) * 9
        talk = self._talk(call, [] if kind == "voicemail" else list(keys), hangs_up=kind == "hang_up")
        over = asyncio.create_task(self._over[call.sid].wait())
        talking = asyncio.create_task(talk)
        await asyncio.wait(
            {over, talking}, return_when=asyncio.FIRST_COMPLETED, timeout=call.longest / settings.speed
        )
        over.cancel()
        talking.cancel()
        call.status = "completed"

    async def _talk(self, call: PhoneCall, keys: list[str], *, hangs_up: bool) -> None:
        """Fetch what is to be said and play it, until it ends or the person hangs up."""
        url: str | None = call.url
        digits: str | None = None
        while url is not None:
            params = {**self._about(call), "CallStatus": "in-progress"}
            if digits is not None:
                params |= {"Digits": digits, "msg": "Gather"}
            url, digits = await self._play(call, url, params, keys)
            if hangs_up:
                return

    async def _play(
        self, call: PhoneCall, url: str, params: dict[str, str], keys: list[str]
    ) -> tuple[str | None, str | None]:
        """Where to go next, and with which key."""
        address = url.partition("#")[0]
        status, answer = await self._network.webhooks.post(url, params, self._network.settings.auth_token)
        try:
            if status is None or status >= 400:
                raise ValueError("no TwiML")
            verbs = list(ElementTree.fromstring(answer))
        except (ValueError, ElementTree.ParseError):
            call.heard.append(APPLICATION_ERROR)
            return None, None
        for verb in verbs:
            if verb.tag == "Gather":
                await self._say(call, list(verb))
                if keys:
                    call.pressed.append(keys.pop(0))
                    return urljoin(address, verb.get("action", "")), call.pressed[-1]
                wait = self._network.settings.key_wait
                await self._sleep(float(verb.get("timeout", 5)) if wait is None else wait)
            elif verb.tag == "Redirect":
                return urljoin(address, (verb.text or "").strip()), None
            elif verb.tag == "Hangup":
                return None, None
            else:
                await self._say(call, [verb])
        return None, None

    async def _say(self, call: PhoneCall, verbs: list[ElementTree.Element]) -> None:
        for verb in verbs:
            if verb.tag == "Say":
                call.heard.append(" ".join("".join(verb.itertext()).split()))
                await self._sleep(self._network.settings.say_seconds)

    async def _finish(self, call: PhoneCall, reports: _Reports) -> None:
        call.ended = call.updated = time.time()
        await self._report(call, reports, call.status)
        for params in reversed(reports.held):
            await self._post(call, params, reports)

    async def _report(self, call: PhoneCall, reports: _Reports, status: str) -> None:
        """Post one step of a call, if it was asked for, in this call's manner."""
        call.updated = time.time()
        event = "completed" if status in _ENDS else _EVENT_OF[status]
        if event not in call.events or not call.callback or reports.kind == "lost":
            return
        params = {
            **self._about(call),
            "CallStatus": status,
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(reports.sequence),
            "Timestamp": rfc2822(int(call.updated)),
        }
        if status == "completed" and call.started:
            params["CallDuration"] = str(int(call.updated - call.started))
        if call.sip and event == "completed":
            params["SipResponseCode"] = str(call.sip)
        reports.sequence += 1
        if reports.kind == "reversed":
            reports.held.append(params)
        elif reports.kind == "late" and reports.fault:
            self._network.start(self._later(call, params, reports, reports.fault.delay))
        elif reports.kind == "early":
            await self._post(call, params, reports)
        else:
            for _ in range(2 if reports.kind == "duplicate" else 1):
                self._network.start(self._post(call, params, reports))

    async def _later(
        self, call: PhoneCall, params: dict[str, str], reports: _Reports, seconds: float
    ) -> None:
        await asyncio.sleep(seconds)
        await self._post(call, params, reports)

    async def _post(self, call: PhoneCall, params: dict[str, str], reports: _Reports) -> None:
        settings = self._network.settings
        tokens = {"bad_signature": "no-such-token", "old_token": settings.old_token}
        if call.callback:
            token = tokens.get(reports.kind, settings.auth_token)
            await self._network.webhooks.post(call.callback, params, token)

    def _about(self, call: PhoneCall) -> dict[str, str]:
        return {
            "CallSid": call.sid,
            "From": call.sender,
            "Caller": call.sender,
            "To": call.to,
            "Called": call.to,
            "Direction": "outbound-api",
        }

    async def _pass(self, call: PhoneCall, seconds: float) -> None:
        """Let carrier seconds pass, unless the call is ended before."""
        over = self._over[call.sid]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), max(seconds, 0) / self._network.settings.speed)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._network.settings.speed)
