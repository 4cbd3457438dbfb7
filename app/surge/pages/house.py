"""The house by class and unit."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for

from app.accounts.access import requires
from app.core.permissions import Permission
from app.runtime import runtime
from app.surge import packs, queries
from app.surge.capacity import house
from app.surge.definitions import read, sentence
from app.surge.metrics import METRICS
from app.surge.models import Trigger
from app.surge.pages.fields import place_words
from app.surge.pages.frame import frame, home, hospital, pages


@pages.route("/capacity")
@requires(Permission.BOARD_VIEW)
def index() -> Any:
    with runtime().db.read() as db:
        return redirect(url_for("surge.show", code=home(db).code))


@pages.route("/capacity/<code>")
@requires(Permission.BOARD_VIEW)
def show(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        return render_template(
            "surge/house.html",
            **frame(db, facility, ""),
            house=house(db, facility.id, now, trend=True),
            level=queries.level(db, facility.id),
            lowest=packs.levels()[0],
            recommendation=queries.open_recommendation(db, facility.id),
            triggers=queries.triggers(db, facility.id),
            levels=packs.levels(),
            sentence=_sentence,
            metrics=METRICS,
        )


def _sentence(trigger: Trigger) -> str:
    return sentence(read(trigger.definition), place_words(trigger.unit_class))
