"""The house by class and unit, with what is wrong on top."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import current_app, render_template, url_for

from app.accounts.access import requires
from app.core.permissions import Permission
from app.runtime import runtime
from app.surge import history, queries
from app.surge.capacity import house
from app.surge.definitions import read, sentence
from app.surge.houseview import view
from app.surge.inforce import levels_of, standing
from app.surge.metrics import METRICS
from app.surge.models import Trigger
from app.surge.pages.fields import place_words
from app.surge.pages.frame import frame, hospital, pages
from app.surge.trends import trends, window


@pages.route("/capacity/<code>")
@requires(Permission.BOARD_VIEW)
def show(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = house(db, facility.id, now)
        watched = queries.triggers(db, facility.id)
        flags = history.levels_set(db, [facility.id], window(now).begins).get(facility.id, [])
        lines = trends(db, [each.unit for each in found.units], now)
        fired = queries.standing_firings(db, facility.id)
        return render_template(
            "surge/house.html",
            **frame(db, facility, ""),
            house=found,
            view=view(found, lines, watched, fired, flags, ZoneInfo(facility.zone)),
            flags=flags,
            level=queries.level(db, facility.id),
            recommendation=queries.open_recommendation(db, facility.id),
            triggers=watched,
            levels=levels_of(db, facility.id),
            standing=standing(db, facility.id, now),
            sentence=_sentence,
            metrics=METRICS,
            poll_url=_poll_url(),
        )


def _poll_url() -> str:
    """Where all units are asked at once; empty where the room is not there."""
    return url_for("polls.index") if "polls.start" in current_app.view_functions else ""


def _sentence(trigger: Trigger) -> str:
    return sentence(read(trigger.definition), place_words(trigger.unit_class))
