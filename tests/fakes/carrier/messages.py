"""Twilio's Messages resource: create, fetch, list and cancel, shaped as its OpenAPI description says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from app.messaging.segments import MAX_BODY, segments
from tests.fakes.carrier.answers import error, moment, page, rfc2822
from tests.fakes.carrier.desk import Desk, Taken
from tests.fakes.carrier.http import Answer, Request
from tests.fakes.carrier.ledger import Text
from tests.fakes.carrier.senders import FULL_SENDER

E164 = re.compile(r"\+[1-9]\d{6,14}")
_SHORT_CODE = re.compile(r"\d{3,8}")


class Messages:
    """The texts of the account, under `root`."""

    def __init__(self, desk: Desk, account: str) -> None:
        self._desk = desk
        self._network = desk.network
        self.root = f"{account}/Messages"

    def create(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return self._desk.create(request, form, lambda: self._refusal(form), lambda: self._take(form))

    def list(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        to = query.get("To")
        if trouble := self._desk.trouble(request, to, "list"):
            return trouble
        ledger = self._network.ledger
        texts = ledger.by_number.get(to, []) if to else ledger.sent_texts + ledger.received_texts
        found = [text for text in reversed(texts) if _matches(text, query)]
        answer = page(request, f"{self.root}.json", "messages", found, self._resource)
        return self._desk.log(request, to, None, answer)

    def one(self, request: Request, sid: str) -> Answer:
        text = self._network.ledger.by_sid.get(sid)
        if trouble := self._desk.trouble(request, text.to if text else None, "fetch"):
            return trouble
        if text is None:
            missing = error(404, 20404, "The requested resource was not found")
            return self._desk.log(request, None, None, missing)
        if request.method == "POST":
            form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            if form.get("Status") == "canceled":
                if text.status not in ("accepted", "queued", "scheduled"):
                    refused = error(400, 30409, "Message is not cancelable")
                    return self._desk.log(request, text.to, None, refused)
                text.status, text.updated = "canceled", time.time()
            if form.get("Body") == "":
                text.body = ""
        answer = Answer(200, json.dumps(self._resource(text)).encode())
        return self._desk.log(request, text.to, None, answer)

    def _take(self, form: dict[str, str]) -> Taken:
        text = self._text(form)
        # Answered with the status at the moment of acceptance, whatever has become of it since.
        resource = self._resource(text)
        return Taken(text.sid, resource, self._network.accept(text))

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
            return error(400, 21604, "A 'To' phone number is required.")
        if not (number or service):
            return error(400, 21603, "A 'From' phone number is required.")
        if not body:
            return error(400, 21602, "Message body is required.")
        if len(body) > MAX_BODY:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not E164.fullmatch(to):
            return error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if number and not (E164.fullmatch(number) or _SHORT_CODE.fullmatch(number)):
            return error(400, 21212, f"Invalid From Number (caller ID): {number}")
        if network.settings.strict_senders and not network.senders.knows(number, service):
            return error(400, 21606, f"The From phone number {number or service} is not a sender of yours.")
        validity = form.get("ValidityPeriod", "1")
        if not validity.isdigit() or not 1 <= int(validity) <= 36000:
            return error(400, 90007, "The ValidityPeriod must be between 1 and 36000.")
        if not form.get("StatusCallback", "http://").startswith(("http://", "https://")):
            return error(400, 21609, "The StatusCallback URL is not a valid URL.")
        if network.opt_outs.blocks(service or number or "", to):
            return error(400, 21610, "Attempt to send to unsubscribed recipient")
        if number and network.senders.is_full(number, network.now()):
            return error(400, FULL_SENDER, f"This 'From' number {number} has exceeded the maximum queue.")
        return None

    def _resource(self, text: Text) -> dict[str, object]:
        uri = f"{self.root}/{text.sid}"
        return {
            "account_sid": self._network.settings.account_sid,
            "api_version": "2010-04-01",
            "body": text.body,
            "date_created": rfc2822(int(text.created)),
            "date_sent": rfc2822(int(text.sent)) if text.sent else None,
            "date_updated": rfc2822(int(text.updated or text.created)),
            "direction": text.direction,
            "error_code": text.error_code,
            "error_message": None,
            "from": text.sender,
            "messaging_service_sid": text.service,
            "num_media": str(text.media),
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


def _matches(text: Text, query: dict[str, str]) -> bool:
    if "From" in query and text.sender != query["From"]:
        return False
    asked = {name: moment(value) for name, value in query.items() if name.startswith("DateSent")}
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
