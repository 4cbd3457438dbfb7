"""What every resource of the API has in common: errors, faults, dates and pages, shaped as Twilio's are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.fakes.carrier.faults import Fault
from tests.fakes.carrier.http import RESET, Answer, Request

FOREVER = 3600.0


def page(
    request: Request, path: str, name: str, found: Sequence[Any], resource: Callable[[Any], object]
) -> Answer:
    """One page of a list, newest first, with the way to the next."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    size = min(int(query.get("PageSize", 50)), 1000)
    number = int(query.get("Page", 0))
    shown = found[number * size : (number + 1) * size]

    def uri(of: int) -> str:
        return f"{path}?" + urlencode({**query, "PageSize": size, "Page": of})

    more = len(found) > (number + 1) * size
    content = {
        name: [resource(one) for one in shown],
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "page": number,
        "page_size": size,
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if more else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }
    return Answer(200, json.dumps(content).encode())


def before(fault: Fault, to: str) -> Answer:
    if fault.kind == "refuse":
        return error(400, fault.code or 21211, f"Refused for {to} by the script")
    if fault.kind == "callback_refused":
        return error(400, 21609, "The StatusCallback URL is not a valid URL.")
    if fault.kind == "unauthorized":
        return error(401, 20003, "Authenticate")
    if fault.kind == "too_many":
        return error(429, fault.code or 20429, "Too Many Requests")
    if fault.kind == "error_before":
        return error(500, 20500, "Internal Server Error")
    return RESET


def after(fault: Fault, answer: Answer, latency: float) -> tuple[Answer, float]:
    """The answer to an accepted text and the seconds it takes."""
    if fault.kind == "error_after":
        return error(500, 20500, "Internal Server Error"), latency
    if fault.kind == "reset_after":
        return RESET, latency
    if fault.kind == "timeout_after":
        return RESET, fault.delay or FOREVER
    if fault.kind == "slow":
        return answer, fault.delay
    return Answer(201, b"<html>no message here</html>", "text/html"), latency


def error(status: int, code: int, message: str) -> Answer:
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answer(status, json.dumps(content).encode())


def moment(words: str) -> datetime:
    moment = datetime.fromisoformat(words)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=1024)
def rfc2822(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))
