"""The account's API: who is asking, and which resource they want."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Coroutine
from typing import Any
from urllib.parse import unquote

from tests.fakes.carrier.answers import error
from tests.fakes.carrier.calls import Calls
from tests.fakes.carrier.desk import Desk
from tests.fakes.carrier.http import Answer, Request
from tests.fakes.carrier.messages import E164, Messages
from tests.fakes.carrier.network import Network
from tests.fakes.carrier.telephone import Telephone

_LOOKUP = "/v2/PhoneNumbers/"


class Api:
    """Answers the account's requests: texts, calls, and Lookup v2."""

    def __init__(self, network: Network, telephone: Telephone) -> None:
        self._network = network
        settings = network.settings
        secret = f"{settings.account_sid}:{settings.auth_token}"
        self._authorization = "Basic " + base64.b64encode(secret.encode()).decode()
        self._desk = Desk(network)
        account = f"/2010-04-01/Accounts/{settings.account_sid}"
        self._resources: tuple[Messages | Calls, ...] = (
            Messages(self._desk, account),
            Calls(self._desk, account, telephone),
        )

    def handle(self, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        if request.headers.get("authorization") != self._authorization:
            return self._desk.log(request, None, None, error(401, 20003, "Authenticate"))
        for resource in self._resources:
            if request.path.startswith(resource.root):
                return self._at(resource, request)
        if request.method == "GET" and request.path.startswith(_LOOKUP):
            return self._lookup(request, unquote(request.path.removeprefix(_LOOKUP)))
        return _missing(request)

    def _at(self, resource: Messages | Calls, request: Request) -> Answer | Coroutine[Any, Any, Answer]:
        rest = request.path.removeprefix(resource.root)
        if rest == ".json":
            if request.method == "POST":
                return resource.create(request)
            if request.method == "GET":
                return resource.list(request)
            return error(405, 20004, "Method not allowed")
        match = re.fullmatch(r"/(\w+)\.json", rest)
        if match and request.method in ("GET", "POST"):
            return resource.one(request, match[1])
        return _missing(request)

    def _lookup(self, request: Request, number: str) -> Answer:
        """What kind of line a number is; `people.lines` says it of those that are no mobile phones."""
        if trouble := self._desk.trouble(request, number, "fetch"):
            return trouble
        valid = E164.fullmatch(number) is not None
        kind = self._network.people.lines.get(number, "mobile")
        content = {
            "calling_country_code": "1",
            "country_code": "US" if valid else None,
            "phone_number": number,
            "national_format": None,
            "valid": valid,
            "validation_errors": [] if valid else ["INVALID_BUT_POSSIBLE"],
            "line_type_intelligence": {"type": kind, "error_code": None}
            if valid and "line_type_intelligence" in unquote(request.query)
            else None,
            "url": f"https://lookups.twilio.com{_LOOKUP}{number}",
        }
        return self._desk.log(request, number, None, Answer(200, json.dumps(content).encode()))


def _missing(request: Request) -> Answer:
    return error(404, 20404, f"The requested resource {request.path} was not found")
