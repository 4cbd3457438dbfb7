"""The alarms of a hospital now, and what they asked of people in a week."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import requires
from app.alarms import queries
from app.alarms.load import Load, load, week_of
from app.alarms.models import Alarm
from app.alarms.rules import LIMITS, Group, grouped, restless, standing, weight
from app.alarms.words import advice, figures, lasted, sheet, trigger_of
from app.core.clock import local
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.runtime import runtime
from app.surge.pages.frame import home, hospital, visible_hospitals

pages = Blueprint("alarms", __name__)

LOOKED_BACK = timedelta(hours=24)


@pages.route("/alarms")
@requires(Permission.BOARD_VIEW)
def index() -> Any:
    with runtime().db.read() as db:
        return redirect(url_for("alarms.show", code=home(db).code))


@pages.route("/alarms/<code>")
@requires(Permission.BOARD_VIEW)
def show(code: str) -> str:
    """In a flood alarms of one incident and one S stand together; `?all=1` shows each by itself all the same."""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        rows = queries.standing(db, facility.id)
        flood = queries.flood_now(db, facility.id)
        active = [row for row in rows if row.shelved_until is None]
        lately = queries.raised(db, facility.id, now - LOOKED_BACK, now)
        return render_template(
            "alarms/show.html",
            **_frame(db, facility, "Alarms"),
            groups=_groups(active, in_flood=flood is not None),
            by_id={row.id: row for row in rows},
            shelved=[row for row in rows if row.shelved_until is not None],
            standing=standing([queries.plain(row) for row in active if not row.exercise], now),
            restless=restless(lately),
            flood=flood,
            engine=queries.about_engine(db),
            lately=len(lately),
            last_ten=sum(1 for each in lately if each.raised_at > now - LIMITS.span),
            advice=advice,
            trigger_of=trigger_of,
            limits=LIMITS,
        )


@pages.route("/alarms/<code>/week")
@requires(Permission.BOARD_VIEW)
def week(code: str) -> str:
    """`?day=` is any day of the week, this one when it is left out."""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        this, before = _weeks(db, facility, now)
        known_from = queries.oldest(db, facility.id)
        return render_template(
            "alarms/week.html",
            **_frame(db, facility, "Week", url_for("alarms.show", code=code)),
            load=this,
            before=before if known_from is not None and before.ends > known_from else None,
            known_from=known_from,
            figures=figures,
            lasted=lasted,
            monday=_monday(this, facility),
            earlier=_monday(this, facility) - timedelta(days=7),
            later=_monday(this, facility) + timedelta(days=7) if this.ends < now else None,
            over=this.ends < now,
            advice=advice,
            trigger_of=trigger_of,
        )


@pages.route("/alarms/<code>/week.csv")
@requires(Permission.BOARD_VIEW)
def week_csv(code: str) -> Response:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        this, before = _weeks(db, facility, now)
    out = io.StringIO()
    csv.writer(out).writerows(sheet(this, before))
    name = f"alarms-{facility.code}-{_monday(this, facility):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _weeks(db: Session, facility: Facility, now: datetime) -> tuple[Load, Load]:
    today = local(now, facility.zone).date()
    try:
        day = date.fromisoformat(request.args.get("day", "")) if request.args.get("day") else today
        begins, ends = week_of(day, facility.zone)
        earlier, _ = week_of(day - timedelta(days=7), facility.zone)
    except (ValueError, OverflowError):
        raise Invalid.field("day", "must be a day such as 2026-11-23") from None
    if begins > now:
        raise Invalid.field("day", "lies in a week that has not begun")
    return tuple(  # type: ignore[return-value]
        load(queries.raised_or_standing(db, facility.id, a, b), a, b, now, facility.zone)
        for a, b in ((begins, ends), (earlier, begins))
    )


def _monday(found: Load, facility: Facility) -> date:
    return local(found.begins, facility.zone).date()


def _groups(rows: Sequence[Alarm], *, in_flood: bool) -> list[Group]:
    """What nobody sees to first, of those the gravest, then the oldest; exercises last."""
    exercises = {row.id for row in rows if row.exercise}
    plain = [queries.plain(row) for row in rows]
    if request.args.get("all") == "1":
        found = tuple(Group(each) for each in plain)
    else:
        found = grouped(plain, in_flood=in_flood)
    return sorted(found, key=lambda g: (g.first.id in exercises, not g.unanswered, -_gravest(g), g.first.at))


def _gravest(group: Group) -> int:
    return max(weight(each) for each in group.all)


def _frame(db: Session, facility: Facility, current: str, above: str = "") -> dict[str, Any]:
    others = visible_hospitals(db)
    endpoint = "alarms.week" if above else "alarms.show"
    trail = [{"label": "Capacity", "url": url_for("surge.show", code=facility.code)}]
    trail += [{"label": "Alarms", "url": above}] if above else []
    tabs = [
        {"label": each.name, "url": url_for(endpoint, code=each.code), "current": each.id == facility.id}
        for each in others
    ]
    return {
        "facility": facility,
        "place": facility.name,
        "tabs": tabs if len(others) > 1 else [],
        "breadcrumb": [*trail, {"label": current}],
    }
