"""Quiet tests: the switch, the report, a test now, and the table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from flask import Response, g, render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.clock import local
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.runtime import runtime, transact
from app.staffing.contacts import queries, report
from app.staffing.contacts.actions import testing
from app.staffing.contacts.addresses import NAMES
from app.staffing.contacts.pages import pages
from app.staffing.contacts.pages.frame import RESULTS
from app.staffing.contacts.pages.keeper import breadcrumb, hospital, visible
from app.staffing.queries import departments
from app.web.forms import Errors, done, submitted, typed

LABELS = {
    "every_weeks": "Each method every so many weeks",
    "most_a_day": "Tests a day at most",
    "department": "Department",
}
DEFAULTS = {"active": "", "every_weeks": 4, "most_a_day": 50}
FAILURES = 20
DEPARTMENTS = 8
EXPORTED = timedelta(days=366)
COLUMNS = ("time", "person", "department", "channel", "ending", "result", "reason", "by")


@pages.get("/people/reach/<code>/tests")
@requires(Permission.ROSTER_VIEW)
def tests(code: str) -> str:
    return _tests(code)


@pages.post("/people/reach/<code>/tests")
@requires(Permission.ROSTER_EDIT)
def set_plan(code: str) -> Any:
    def act() -> Any:
        plan = transact(
            testing.set_plan,
            actor(),
            _id(code),
            active=typed("active") == "1",
            every_weeks=_whole("every_weeks"),
            most_a_day=_whole("most_a_day"),
        )
        words = "Quiet tests are on." if plan.active else "Quiet tests are off."
        return done(words, url_for("contacts.tests", code=code))

    return submitted(act, lambda errors: _tests(code, errors))


@pages.post("/people/reach/<code>/tests/now")
@requires(Permission.ROSTER_EDIT)
def test_department(code: str) -> Any:
    def act() -> Any:
        count = transact(testing.ask_now, actor(), _id(code), department=typed("department"))
        return done(f"{count} tests are on the way.", url_for("contacts.tests", code=code))

    return submitted(act, lambda errors: _tests(code, errors))


@pages.get("/people/reach/<code>/tests.csv")
@requires(Permission.ROSTER_VIEW)
def tests_csv(code: str) -> Response:
    """Every test of a year; of a number its last two digits."""
    with runtime().db.read() as db:
        place = hospital(db, code)
        rows = report.all_tests(db, place.id, runtime().clock.now() - EXPORTED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for test, person in rows:
        at = local(test.due_at, place.zone).isoformat(timespec="minutes")
        cells = (
            at,
            person.name,
            test.department,
            test.channel,
            test.ending,
            test.state,
            test.reason,
            test.by,
        )
        writer.writerow([_plain(str(cell or "")) for cell in cells])
    name = f"quiet-tests-{place.code}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _plain(cell: str) -> str:
    """Spreadsheets run what begins like a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _tests(code: str, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        place = hospital(db, code)
        g.zone = place.zone
        plan = queries.plan(db, place.id)
        found = report.report(db, place.id, place.zone, now)
        stored = (
            {"active": plan.active, "every_weeks": plan.every_weeks, "most_a_day": plan.most_a_day}
            if plan
            else DEFAULTS
        )
        waiting, next_at = report.planned(db, place.id)
        return render_template(
            "contacts/tests.html",
            hospital=place,
            plan=plan,
            report=found,
            shares=[tally.share for _, tally in found.weeks],
            failures=report.failures(db, place.id, now - timedelta(weeks=report.WEEKS), FAILURES),
            planned=waiting,
            next_at=next_at,
            real=queries.real_incident(db, place.id),
            departments=[(name, name) for name in departments(db)],
            names=NAMES,
            results=RESULTS,
            weeks=report.WEEKS,
            shown=DEPARTMENTS,
            most_failures=FAILURES,
            data=request.form if errors else stored,
            errors=errors or {},
            labels=LABELS,
            places=visible(db),
            breadcrumb=breadcrumb(
                {"label": f"Reach, {place.code}", "url": url_for("contacts.standing", code=place.code)},
                {"label": "Quiet tests"},
            ),
        )


def _id(code: str) -> str:
    with runtime().db.read() as db:
        return hospital(db, code).id


def _whole(name: str) -> int:
    text = typed(name)
    if not text.isdecimal() or len(text) > 6:
        raise Invalid.field(name, "must be a whole number")
    return int(text)
