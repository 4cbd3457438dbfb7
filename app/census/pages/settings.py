"""How the census goes on as readings and how lists are dealt with, said by a person."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.census import actions, feed_queries
from app.census.actions.settings import ALLOWED
from app.census.pages.frame import hospital_of, pages
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed

LABELS = {
    "every_seconds": "At most every",
    "differs_by": "Show a hand count that differs by more than",
    "accepts_up_to": "Accept a list by itself when it differs in no more than",
    "silent_days": "List patients of whose place no message has spoken for more than",
}


@pages.route("/census/<string:code>/settings")
@requires(Permission.POLICY_EDIT)
def settings(code: str) -> str:
    return _page(code)


@pages.route("/census/<string:code>/settings", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def set_census(code: str) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            place = hospital_of(db, code, Permission.POLICY_EDIT)
        numbers = {name: _whole(name) for name in ALLOWED}
        feeds = typed("feeds") == "1"
        transact(
            actions.set_census,
            actor(),
            place.id,
            feeds=feeds,
            list_daily=typed("list_daily") == "1",
            **numbers,
        )
        said = "go in as readings" if feeds else "do not go in as readings"
        return done(f"Saved. Counts {said}.", url_for("census.hospital", code=code))

    return submitted(act, lambda errors: _page(code, errors))


def _page(code: str, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        place = hospital_of(db, code, Permission.POLICY_EDIT)
        setting = feed_queries.setting(db, place.id)
        names = (*ALLOWED, "feeds", "list_daily")
        data = {name: typed(name) if request.form else getattr(setting, name) for name in names}
        return render_template(
            "census/settings.html",
            facility=place,
            setting=setting,
            allowed=ALLOWED,
            labels=LABELS,
            data=data,
            errors=errors or {},
        )


def _whole(name: str) -> int:
    text = typed(name)
    if not text.isdecimal() or len(text) > 6:
        low, high = ALLOWED[name]
        raise Invalid.field(name, f"must be a whole number from {low} to {high}")
    return int(text)
