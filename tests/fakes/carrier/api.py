"""Twilio's Messages resource: create, fetch, list and cancel, shaped as its OpenAPI description says."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.messaging.segments import MAX_BODY, segments
from tests.fakes.carrier.faults import AFTER, BEFORE, Fault
from tests.fakes.carrier.http import RESET, Answer, Request
from tests.fakes.carrier.ledger import Call, Text
from tests.fakes.carrier.network import Network
from tests.fakes.carrier.senders import FULL_SENDER

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_FOREVER = 3600.0


class Api:
    """Answers the account's requests. Everything that needs no waiting is answered without a task."""

    def __init__(self, network: Network) -> None:
        self._network = network
        settings = network.settings
        self._root = f"/2010-04-01/Accounts/{settings.account_sid}/Messages"
        secret = f"{settings.account_sid}:{settings.auth_token}"
        self._authorization = "Basic " + base64.b64encode(secret.encode()).decode()
        self._in_flight = 0

    def handle(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        if request.headers.get("authorization") != self._authorization:
            return self._log(request, None, None, _error(401, 20003, "Authenticate"))
        if request.path == f"{self._root}.json":
            if request.method == "POST":
                return self._create(request)
            if request.method == "GET":
                return self._list(request)
            return _error(405, 20004, "Method not allowed")
        match = re.fullmatch(rf"{self._root}/(\w+)\.json", request.path)
        if match and request.method in ("GET", "POST"):
            return self._one(request, match[1])
        return _error(404, 20404, f"The requested resource {request.path} was not found")

    def _create(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        to, body = form.get("To", ""), form.get("Body", "")
        script, settings = self._network.script, self._network.settings
        if settings.max_concurrent is not None and self._in_flight >= settings.max_concurrent:
            return self._log(request, to, body, _error(429, 20429, "Too Many Requests"))
        kinds = BEFORE if form.get("StatusCallback") else BEFORE.keys() - {"callback_refused"}
        fault = script.strike(kinds, to)
        if fault and fault.kind == "timeout_before":
            return self._answer_later(request, to, body, RESET, fault.delay or _FOREVER)
        if fault:
            return self._log(request, to, body, _before(fault, to))
        if trouble := self._refusal(form):
            return self._log(request, to, body, trouble)
        text = self._text(form)
        # Answered with the status at the moment of acceptance, whatever has become of it since.
        answer = Answer(201, json.dumps(self._resource(text)).encode())
        first = self._network.accept(text)
        fault = script.strike(AFTER, to)
        delay = settings.latency
        if fault:
            answer, delay = _after(fault, answer, delay)
        if first is None and not delay:
            return self._log(request, to, body, answer, text.sid)
        return self._answer_later(request, to, body, answer, delay, first, text.sid)

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
            self._log(request, to, body, RESET, sid)
            raise
        finally:
            self._in_flight -= 1
        return self._log(request, to, body, answer, sid)

    def _text(self, form: dict[str, str]) -> Text:
        service = form.get("MessagingServiceSid") or None
        now = time.time()
        return Text(
            sid=self._network.new_sid(),
            direction="outbound-api",
            to=form["To"],
            sender=form.get("From") or None,
            service=service,
            body=form["Body"],
            segments=segments(form["Body"]).count,
            created=now,
            updated=now,
            status="accepted" if service else "queued",
            callback=form.get("StatusCallback") or None,
            valid_for=int(form["ValidityPeriod"]) if form.get("ValidityPeriod") else None,
        )

    def _refusal(self, form: dict[str, str]) -> Answer | None:
        to, body = form.get("To", ""), form.get("Body", "")
        number, service = form.get("From") or None, form.get("MessagingServiceSid") or None
        network = self._network
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not (number or service):
            return _error(400, 21603, "A 'From' phone number is required.")
        if not body:
            return _error(400, 21602, "Message body is required.")
        if len(body) > MAX_BODY:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not _E164.fullmatch(to):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if number and not (_E164.fullmatch(number) or _SHORT_CODE.fullmatch(number)):
            return _error(400, 21212, f"Invalid From Number (caller ID): {number}")
        if network.settings.strict_senders and not network.senders.knows(number, service):
            return _error(400, 21606, f"The From phone number {number or service} is not a sender of yours.")
        if (
            not form.get("ValidityPeriod", "1").isdigit()
            or not 1 <= int(form.get("ValidityPeriod", 1)) <= 36000
        ):
            return _error(400, 90007, "The ValidityPeriod must be between 1 and 36000.")
        if not form.get("StatusCallback", "http://").startswith(("http://", "https://")):
            return _error(400, 21609, "The StatusCallback URL is not a valid URL.")
        if network.opt_outs.blocks(service or number or "", to):
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        if number and network.senders.is_full(number, network.now()):
            return _error(400, FULL_SENDER, f"This 'From' number {number} has exceeded the maximum queue.")
        return None

    def _list(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        to = query.get("To")
        if fault := self._network.script.strike(BEFORE, to, "list"):
            return self._log(request, to, None, _before(fault, to or ""))
        ledger = self._network.ledger
        texts = ledger.by_number.get(to, []) if to else ledger.sent_texts + ledger.received_texts
        found = [text for text in reversed(texts) if _matches(text, query)]
        size = min(int(query.get("PageSize", 50)), 1000)
        page = int(query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]

        def uri(number: int) -> str:
            return f"{self._root}.json?" + urlencode({**query, "PageSize": size, "Page": number})

        more = len(found) > (page + 1) * size
        content = {
            "messages": [self._resource(text) for text in shown],
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "page": page,
            "page_size": size,
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if more else None,
            "previous_page_uri": uri(page - 1) if page else None,
        }
        return self._log(request, to, None, Answer(200, json.dumps(content).encode()))

    def _one(self, request: Request, sid: str) -> Answer:
        text = self._network.ledger.by_sid.get(sid)
        if fault := self._network.script.strike(BEFORE, text.to if text else None, "fetch"):
            return self._log(request, None, None, _before(fault, ""))
        if text is None:
            return self._log(request, None, None, _error(404, 20404, "The requested resource was not found"))
        if request.method == "POST":
            form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            if form.get("Status") == "canceled":
                if text.status not in ("accepted", "queued", "scheduled"):
                    return self._log(request, text.to, None, _error(400, 30409, "Message is not cancelable"))
                text.status, text.updated = "canceled", time.time()
            if form.get("Body") == "":
                text.body = ""
        return self._log(request, text.to, None, Answer(200, json.dumps(self._resource(text)).encode()))

    def _resource(self, text: Text) -> dict[str, object]:
        uri = f"{self._root}/{text.sid}"
        return {
            "account_sid": self._network.settings.account_sid,
            "api_version": "2010-04-01",
            "body": text.body,
            "date_created": _rfc2822(int(text.created)),
            "date_sent": _rfc2822(int(text.sent)) if text.sent else None,
            "date_updated": _rfc2822(int(text.updated or text.created)),
            "direction": text.direction,
            "error_code": text.error_code,
            "error_message": None,
            "from": text.sender,
            "messaging_service_sid": text.service,
            "num_media": "0",
            # A pool has not chosen a sender yet and so does not know the size.
            "num_segments": "0" if text.status == "accepted" else str(text.segments),
            "price": None,
            "price_unit": "USD",
            "sid": text.sid,
            "status": text.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": text.to,
            "uri": f"{uri}.json",
        }

    def _log(
        self, request: Request, to: str | None, body: str | None, answer: Answer, sid: str | None = None
    ) -> Answer:
        answer.headers["Twilio-Concurrent-Requests"] = str(self._in_flight + 1)
        calls = self._network.ledger.calls
        calls.append(Call(time.time(), request.method, request.path, to, body, answer.status, sid))
        return answer


def _before(fault: Fault, to: str) -> Answer:
    if fault.kind == "refuse":
        return _error(400, fault.code or 21211, f"Refused for {to} by the script")
    if fault.kind == "callback_refused":
        return _error(400, 21609, "The StatusCallback URL is not a valid URL.")
    if fault.kind == "unauthorized":
        return _error(401, 20003, "Authenticate")
    if fault.kind == "too_many":
        return _error(429, fault.code or 20429, "Too Many Requests")
    if fault.kind == "error_before":
        return _error(500, 20500, "Internal Server Error")
    return RESET


def _after(fault: Fault, answer: Answer, latency: float) -> tuple[Answer, float]:
    """The answer to an accepted text and the seconds it takes."""
    if fault.kind == "error_after":
        return _error(500, 20500, "Internal Server Error"), latency
    if fault.kind == "reset_after":
        return RESET, latency
    if fault.kind == "timeout_after":
        return RESET, fault.delay or _FOREVER
    if fault.kind == "slow":
        return answer, fault.delay
    return Answer(201, b"<html>no message here</html>", "text/html"), latency


def _error(status: int, code: int, message: str) -> Answer:
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answer(status, json.dumps(content).encode())


def _matches(text: Text, query: dict[str, str]) -> bool:
    if "From" in query and text.sender != query["From"]:
        return False
    asked = {name: _moment(value) for name, value in query.items() if name.startswith("DateSent")}
    if not asked:
        return True
    if text.sent is None:
        # A text that has not left yet has no DateSent, and no filter on it finds it.
        return False
    sent = datetime.fromtimestamp(int(text.sent), UTC)
    day = asked.get("DateSent", sent)
    return (
        day.date() == sent.date()
        and sent <= asked.get("DateSent<", sent)
        and sent >= asked.get("DateSent>", sent)
    )


def _moment(words: str) -> datetime:
    moment = datetime.fromisoformat(words)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def _rfc2822(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))
