"""Twilio's Calls resource: create, fetch, list, cancel and end, shaped as its OpenAPI description says."""

from __future__ import annotations

import json
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.carrier.answers import error, moment, page, rfc2822
from tests.fakes.carrier.desk import Desk, Taken
from tests.fakes.carrier.http import Answer, Request
from tests.fakes.carrier.ledger import PhoneCall
from tests.fakes.carrier.messages import E164
from tests.fakes.carrier.telephone import Telephone

_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


class Calls:
    """The calls of the account, under `root`."""

    def __init__(self, desk: Desk, account: str, telephone: Telephone) -> None:
        self._desk = desk
        self._network = desk.network
        self._telephone = telephone
        self.root = f"{account}/Calls"

    def create(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True)
        events = tuple(value for name, value in pairs if name == "StatusCallbackEvent")
        form = dict(pairs)
        return self._desk.create(
            request, form, lambda: self._refusal(form, events), lambda: self._take(form, events)
        )

    def list(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        to = query.get("To")
        if trouble := self._desk.trouble(request, to, "list"):
            return trouble
        found = [call for call in reversed(self._network.ledger.placed) if _matches(call, query)]
        answer = page(request, f"{self.root}.json", "calls", found, self._resource)
        return self._desk.log(request, to, None, answer)

    def one(self, request: Request, sid: str) -> Answer:
        call = self._network.ledger.call_by_sid.get(sid)
        if trouble := self._desk.trouble(request, call.to if call else None, "fetch"):
            return trouble
        if call is None:
            missing = error(404, 20404, "The requested resource was not found")
            return self._desk.log(request, None, None, missing)
        if request.method == "POST":
            form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            if not self._telephone.end(call, form.get("Status", "")):
                refused = error(400, 21220, "Call is not in-progress. Cannot redirect.")
                return self._desk.log(request, call.to, None, refused)
        answer = Answer(200, json.dumps(self._resource(call)).encode())
        return self._desk.log(request, call.to, None, answer)

    def _take(self, form: dict[str, str], events: tuple[str, ...]) -> Taken:
        now = time.time()
        call = PhoneCall(
            sid=self._network.new_sid("CA"),
            to=form["To"],
            sender=form["From"],
            url=form["Url"],
            created=now,
            updated=now,
            callback=form.get("StatusCallback") or None,
            events=events or ("completed",),
            ring_seconds=float(form.get("Timeout", 60)),
            longest=float(form.get("TimeLimit", 14_400)),
        )
        resource = self._resource(call)
        return Taken(call.sid, resource, self._telephone.place(call))

    def _refusal(self, form: dict[str, str], events: tuple[str, ...]) -> Answer | None:
        to, number = form.get("To", ""), form.get("From", "")
        network = self._network
        if not to:
            return error(400, 21201, "No 'To' number specified")
        if not number:
            return error(400, 21213, "'From' phone number is required")
        if not E164.fullmatch(to):
            return error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not E164.fullmatch(number):
            return error(400, 21212, f"Invalid 'From' Phone Number: {number}")
        if network.settings.strict_senders and not network.senders.knows(number, None):
            return error(400, 21210, f"Source number {number} is not yet verified for your account.")
        if not form.get("Url", "").startswith(("http://", "https://")):
            return error(400, 21205, "Url is not a valid URL")
        if not form.get("StatusCallback", "http://").startswith(("http://", "https://")):
            return error(400, 21609, "The StatusCallback URL is not a valid URL.")
        if not set(events) <= _EVENTS:
            return error(400, 21626, "Invalid StatusCallbackEvent")
        for name, most in (("Timeout", 600), ("TimeLimit", 14_400)):
            if not form.get(name, "60").isdigit() or not 1 <= int(form.get(name, 60)) <= most:
                return error(400, 20001, f"{name} must be between 1 and {most}")
        return None

    def _resource(self, call: PhoneCall) -> dict[str, object]:
        uri = f"{self.root}/{call.sid}"
        lasted = int(call.ended - call.started) if call.started and call.ended else None
        return {
            "account_sid": self._network.settings.account_sid,
            "annotation": None,
            "answered_by": None,
            "api_version": "2010-04-01",
            "caller_name": "",
            "date_created": rfc2822(int(call.created)),
            "date_updated": rfc2822(int(call.updated)),
            "direction": "outbound-api",
            "duration": str(lasted or 0) if call.ended else None,
            "end_time": rfc2822(int(call.ended)) if call.ended else None,
            "forwarded_from": None,
            "from": call.sender,
            "from_formatted": call.sender,
            "group_sid": None,
            "parent_call_sid": None,
            "phone_number_sid": "PN" + "0" * 32,
            "price": None,
            "price_unit": "USD",
            "queue_time": "0",
            "sid": call.sid,
            "start_time": rfc2822(int(call.started)) if call.started else None,
            "status": call.status,
            "subresource_uris": {
                name: f"{uri}/{name.capitalize()}.json"
                for name in ("events", "notifications", "payments", "recordings", "siprec", "streams")
            },
            "to": call.to,
            "to_formatted": call.to,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


def _matches(call: PhoneCall, query: dict[str, str]) -> bool:
    for name, value in (("To", call.to), ("From", call.sender), ("Status", call.status)):
        if name in query and query[name] != value:
            return False
    asked = {name: moment(value) for name, value in query.items() if name.startswith("StartTime")}
    if not asked:
        return True
    if call.started is None:
        return False
    started = datetime.fromtimestamp(int(call.started), UTC)
    return started <= asked.get("StartTime<", started) and started >= asked.get("StartTime>", started)
