"""What all page forms share: posted and done, wrong and shown again, times as people type them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, jsonify, redirect, request

from app.core.clock import as_utc
from app.core.errors import Conflict, Invalid
from app.web.errors import wants_json

Errors = dict[str, list[str]]


def done(message: str, url: str, *, warning: str = "") -> Any:
    """Say what was done and go to `url`; on a page that stays open (a board), only say it."""
    if wants_json():
        return jsonify({"message": f"{message} {warning}".strip()})
    flash(message)
    if warning:
        flash(warning, "warning")
    return redirect(url)


def submitted(act: Callable[[], Any], again: Callable[[Errors], str]) -> Any:
    """Answer a posted form: by `act`, or by `again` with messages by field when the input cannot be taken.

    What belongs to no field stands under `_schema`. Programs get the problem document instead.
    """
    try:
        return act()
    except (Invalid, Conflict) as error:
        if wants_json():
            raise
        html = again(error.errors or {"_schema": [error.detail]})
        return Response(html, error.status, content_type="text/html; charset=utf-8")


def typed(name: str, default: str = "") -> str:
    """What was typed in a field, without outer white space."""
    return request.form.get(name, default).replace("\x00", "").strip()


def local_time(name: str, zone: str) -> datetime | None:
    """A `datetime-local` field read on the wall clock of `zone`, in UTC; None when left empty.

    An hour that the clock shows twice is its first one. Raises Invalid naming the field.
    """
    return local_moment(name, typed(name), zone)


def local_moment(name: str, text: str, zone: str) -> datetime | None:
    """The same for text that comes from elsewhere, such as a filter in the address."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError):
        raise Invalid.field(name, "must be a date and time such as 2026-11-23T14:30") from None


def page_number() -> int:
    """`?page=`, counted from 1; anything else is the first page."""
    text = request.args.get("page", "1")
    return int(text) if text.isdecimal() and 0 < int(text[:7]) < 1_000_000 else 1
