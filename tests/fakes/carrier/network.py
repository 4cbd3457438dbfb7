"""What happens to a text after it is accepted: the queue, the network, the phone, the reply."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from app.messaging.segments import segments
from tests.fakes.carrier.faults import CALLBACKS, OUTCOMES, Script
from tests.fakes.carrier.ledger import Ledger, Text
from tests.fakes.carrier.people import OptOuts, People
from tests.fakes.carrier.senders import Senders
from tests.fakes.carrier.settings import Settings
from tests.fakes.carrier.webhooks import Webhooks

# (seconds after the text leaves its queue, status, error code)
Step = tuple[float, str, int | None]
_TWIML_MESSAGE = re.compile(r"<Message[^>]*>(?:\s*<Body>)?([^<]+)<")


class Network:
    """Runs on the carrier's event loop. Delays are divided by `settings.speed`."""

    def __init__(self, settings: Settings, senders: Senders, script: Script, people: People) -> None:
        self.settings = settings
        self.senders = senders
        self.script = script
        self.people = people
        self.ledger = Ledger()
        self.opt_outs = OptOuts()
        self.webhooks = Webhooks(self.ledger, settings.account_sid)
        self._chance = random.Random(settings.seed)
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> int:
        """Timers and posts that are still to come."""
        return len(self._timers) + len(self._tasks)

    def now(self) -> float:
        """Carrier seconds: the machine's clock times `speed`."""
        return time.monotonic() * self.settings.speed

    def new_sid(self, kind: str = "SM") -> str:
        return f"{kind}{self._chance.getrandbits(128):032x}"

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._timers.clear()
        self._tasks.clear()

    def accept(self, text: Text) -> Coroutine[Any, Any, None] | None:
        """Take a text; what is returned must be awaited before the create is answered (early callbacks)."""
        self.ledger.add(text)
        style = self.script.strike(CALLBACKS, text.to)
        kind, delay = (style.kind, style.delay) if style else ("", 0.0)
        wait, steps = self._journey(text)
        if kind == "early":
            return self._all_at_once(text, steps)
        reports: list[str] = []
        for after, status, code in steps:
            last = (after, status, code) == steps[-1]
            self._after(wait + after, partial(self._step, text, status, code, kind, delay, reports, last))
        return None

    def _journey(self, text: Text) -> tuple[float, list[Step]]:
        """Seconds in the queue, and what happens then."""
        outcome = self.script.strike(OUTCOMES, text.to)
        if outcome and outcome.kind == "stuck":
            return 0.0, []
        valid_for = float(text.valid_for or 36_000)
        now = self.now()
        departure = self.senders.depart(text.sender, text.service, text.segments, valid_for, now)
        text.sender = departure.number or text.sender
        wait = departure.at - now
        steps: list[Step] = [(0.0, "queued", None)] if text.service else []
        if departure.error_code:
            return wait, [*steps, (0.0, "failed", departure.error_code)]
        if outcome and outcome.kind == "failed":
            return wait, [*steps, (0.0, "failed", outcome.code or 30008)]
        steps.append((self.settings.sent_after, "sent", None))
        if outcome and outcome.kind == "sent_only":
            return wait, steps
        if outcome:
            return wait, [*steps, (self.settings.delivered_after, "undelivered", outcome.code or 30003)]
        return wait, [*steps, (self.settings.delivered_after, "delivered", None)]

    async def _all_at_once(self, text: Text, steps: list[Step]) -> None:
        for _, status, code in steps:
            self._move(text, status, code)
            await self._report(text, status, self.settings.auth_token)

    def _move(self, text: Text, status: str, code: int | None) -> bool:
        if text.status == "canceled":
            return False
        text.status, text.error_code, text.updated = status, code, time.time()
        if status == "sent":
            text.sent = text.updated
        if status == "delivered":
            for delay, body in self.people.replies(text):
                self._after(delay, partial(self._reply_to, text, body))
        return True

    def _step(
        self, text: Text, status: str, code: int | None, style: str, delay: float, held: list[str], last: bool
    ) -> None:
        """One change of status, and the callbacks it causes in this style."""
        if not self._move(text, status, code) or style == "lost" or not text.callback:
            return
        token = {"bad_signature": "no-such-token", "old_token": self.settings.old_token}.get(
            style, self.settings.auth_token
        )
        if style == "reversed":
            held.append(status)
            if last:
                self.start(self._report_all(text, held[::-1], token))
        elif style == "late":
            self._after(delay * self.settings.speed, lambda: self.start(self._report(text, status, token)))
        else:
            for _ in range(2 if style == "duplicate" else 1):
                self.start(self._report(text, status, token))

    def _reply_to(self, text: Text, body: str) -> None:
        self.start(self.hear(text.to, text, body))

    async def _report_all(self, text: Text, statuses: list[str], token: str) -> None:
        for status in statuses:
            await self._report(text, status, token)

    async def _report(self, text: Text, status: str, token: str) -> None:
        """Post one delivery report; an error code goes with the status it belongs to."""
        if not text.callback:
            return
        params = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": text.to,
            "From": text.sender or "",
        }
        if text.service:
            params["MessagingServiceSid"] = text.service
        if text.error_code and status == text.status:
            params["ErrorCode"] = str(text.error_code)
        await self.webhooks.post(text.callback, params, token)

    async def hear(
        self, phone: str, about: Text | None, body: str, to: str | None = None, media: int = 0
    ) -> int | None:
        """A phone sends a text; returns the HTTP status of the webhook, None without an answer or address.

        phone  E.164, or rcs:+1...; media, how many pictures come with it.
        """
        number = to or (about.sender if about else None) or self.settings.default_sender
        service = about.service if about else self.senders.pool_of(number)
        now = time.time()
        size = segments(body).count
        sid = self.new_sid("MM" if media else "SM")
        text = Text(sid, "inbound", number, phone, service, body, size, now, "received", media=media)
        self.ledger.add(text)
        params = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "From": phone,
            "To": number,
            "Body": body,
            "NumMedia": str(media),
            "NumSegments": str(size),
            "SmsStatus": "received",
        }
        if service:
            params["MessagingServiceSid"] = service
        for one in range(media):
            params[f"MediaUrl{one}"] = f"https://api.twilio.com/media/{sid}/{one}"
            params[f"MediaContentType{one}"] = "image/jpeg"
        # A number in a pool stops for itself and for the pool.
        keyword = self.opt_outs.hear({number, service or number}, phone.rpartition(":")[2], body)
        if keyword and self.settings.advanced_opt_out:
            params["OptOutType"] = keyword
        if not self.settings.inbound_url:
            return None
        status, answer = await self.webhooks.post(self.settings.inbound_url, params, self.settings.auth_token)
        for words in _TWIML_MESSAGE.findall(answer):
            self._answer(phone, number, service, words)
        return status

    def _answer(self, phone: str, number: str, service: str | None, body: str) -> None:
        """The text a webhook answered with (TwiML)."""
        size = segments(body).count
        now = time.time()
        self.ledger.add(
            Text(self.new_sid(), "outbound-reply", phone, number, service, body, size, now, "delivered")
        )

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()

        def fire() -> None:
            self._timers.discard(timer)
            act()

        timer = loop.call_later(seconds / self.settings.speed, fire)
        self._timers.add(timer)
