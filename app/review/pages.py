"""After the action: the list, one incident's record, its findings, and what may be taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, render_template, request, url_for

from app.accounts.access import actor, requires
from app.bedruns.wording import STATES
from app.core.clock import local
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.queries import facilities, facility
from app.incidents.frame import frame
from app.incidents.models import Incident
from app.journal.export import export, export_name
from app.resources.rules import SAID
from app.review import actions, measures, queries, record, table, timeline
from app.runtime import runtime, transact
from app.surge import plans
from app.web.forms import Errors, done, local_moment, page_number, submitted, typed

pages = Blueprint("review", __name__)

INCIDENTS_PAGE = 50
LINES_PAGE = 200
LABELS = {
    "text": "Finding",
    "action": "What is done about it",
    "owner": "Who sees to it",
    "due_on": "Due",
    "note": "What shows it",
    "begin": "From",
    "end": "To",
}


@pages.route("/review")
@requires(Permission.REVIEW_VIEW)
def index() -> str:
    """Incidents and exercises apart: their figures never meet."""
    exercise = request.args.get("kind") == "exercise"
    query = queries.incidents(actor(), exercise=exercise)
    number = page_number()
    with runtime().db.read() as db:
        total = db.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
        page = query.limit(INCIDENTS_PAGE).offset((number - 1) * INCIDENTS_PAGE)
        return render_template(
            "review/index.html",
            rows=db.scalars(page).all(),
            places={place.id: place for place in facilities(db)},
            todo=db.execute(queries.open_actions(actor(), exercise=exercise).limit(100)).all(),
            today=runtime().clock.now().date(),
            kind="exercise" if exercise else "real",
            views=[
                {"label": "Real events", "url": url_for("review.index"), "current": not exercise},
                {"label": "Exercises", "url": url_for("review.index", kind="exercise"), "current": exercise},
            ],
            number=number,
            count_of_pages=-(-total // INCIDENTS_PAGE),
        )


@pages.route("/incidents/<uuid:incident_id>/review")
@requires(Permission.REVIEW_VIEW)
def show(incident_id: UUID) -> str:
    return _page(incident_id)


@pages.route("/incidents/<uuid:incident_id>/findings", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def add_finding(incident_id: UUID) -> Any:
    def act() -> Any:
        made = transact(
            actions.add_finding,
            actor(),
            str(incident_id),
            text=typed("text"),
            action=typed("action"),
            owner=typed("owner"),
            due_on=_day("due_on"),
        )
        return done(f"Finding {made.number} is in the record.", _findings_url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/findings/<uuid:finding_id>/done", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def finish_finding(incident_id: UUID, finding_id: UUID) -> Any:
    def act() -> Any:
        note = typed("note")
        made = transact(actions.finish_finding, actor(), str(incident_id), str(finding_id), note=note)
        return done(f"Action {made.number} is done.", _findings_url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/findings/<uuid:finding_id>/reopen", methods=["POST"])
@requires(Permission.JOURNAL_NOTE)
def reopen_finding(incident_id: UUID, finding_id: UUID) -> Any:
    def act() -> Any:
        made = transact(actions.reopen_finding, actor(), str(incident_id), str(finding_id))
        return done(f"Action {made.number} is open again.", _findings_url(incident_id))

    return submitted(act, lambda errors: _page(incident_id, errors))


@pages.route("/incidents/<uuid:incident_id>/journal.jsonl")
@requires(Permission.JOURNAL_EXPORT)
def journal(incident_id: UUID) -> Response:
    """The journal as it is hashed, with its signed head; `tools/verify_journal.py` checks it anywhere."""
    rt = runtime()
    with rt.db.read() as db:
        incident = queries.reviewable(db, actor(), str(incident_id), Permission.JOURNAL_EXPORT)

    def lines() -> Iterator[bytes]:
        with rt.db.read() as db:
            yield from export(db, incident.stream)

    return _download(lines(), incident, "journal", "jsonl", "application/jsonl")


@pages.route("/incidents/<uuid:incident_id>/timeline.csv")
@requires(Permission.JOURNAL_EXPORT)
def timeline_csv(incident_id: UUID) -> Response:
    rt = runtime()
    with rt.db.read() as db:
        incident = queries.reviewable(db, actor(), str(incident_id), Permission.JOURNAL_EXPORT)
        zone = facility(db, incident.facility_id).zone
        found = record.read(db, incident.stream, rt.signer)
    lines = timeline.lines(found.entries, found.picture, sound=found.sound)
    rows = table.rows(lines, number=incident.number, exercise=incident.exercise, zone=zone)
    return _download(rows, incident, "timeline", "csv", "text/csv; charset=utf-8")


def _download(
    body: Iterable[bytes] | Iterable[str], incident: Incident, what: str, suffix: str, content_type: str
) -> Response:
    name = export_name(f"{incident.number}-{what}", incident.exercise, suffix)
    response = Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(incident_id: UUID, errors: Errors | None = None) -> str:
    rt = runtime()
    with rt.db.read() as db:
        incident = queries.reviewable(db, actor(), str(incident_id), Permission.REVIEW_VIEW)
        context = frame(db, incident, "Review")
        found = record.read(db, incident.stream, rt.signer)
    today = local(rt.clock.now(), context["facility"].zone).date()
    return render_template(
        "review/show.html",
        **context,
        **_figures(found),
        plans=plans.measure(found.entries, rt.clock.now()),
        outcomes=plans.WORDS,
        bed_run_states=STATES,
        **_timeline(found, incident, context["facility"].zone, errors),
        verdict=found.verdict,
        sound=found.sound,
        findings=list(found.picture.findings.items.values()),
        today=today,
        said={state.value: words for state, words in SAID.items()},
        data=request.form,
        labels=LABELS,
    )


def _figures(found: record.Record) -> dict[str, Any]:
    fills = measures.fill_times(found.entries)
    took = [fill.seconds for fill in fills if fill.seconds is not None]
    return {
        "milestones": measures.milestones(found.entries),
        "changes": measures.level_changes(found.entries),
        "fills": fills,
        "longest": max(took, default=0),
        "rates": measures.answer_rates(found.picture),
        "all_answers": measures.all_answers(found.picture),
        "overdue": measures.overdue(found.entries, found.picture),
        "courses": measures.request_courses(found.entries, found.picture),
        "unmet": measures.unmet(found.picture),
        "bed_runs": measures.bed_runs(found.entries),
    }


def _timeline(found: record.Record, incident: Incident, zone: str, errors: Errors | None) -> dict[str, Any]:
    lines = timeline.lines(found.entries, found.picture, sound=found.sound)
    asked = {name: request.args.get(name, "").strip()[:200] for name in FILTERS}
    wrong: Errors = dict(errors or {})
    choice = timeline.Choice(
        group=asked["group"],
        position=asked["position"],
        person=asked["person"],
        text=asked["text"],
        begin=_moment("begin", asked["begin"], zone, wrong),
        end=_moment("end", asked["end"], zone, wrong),
    )
    chosen = [line for line in lines if choice.takes(line)]
    every = request.args.get("every") == "1"
    number = 1 if every else page_number()
    here: dict[str, Any] = {name: value for name, value in asked.items() if value}
    url = url_for("review.show", incident_id=incident.id, **here)
    return {
        "lines": chosen if every else chosen[(number - 1) * LINES_PAGE : number * LINES_PAGE],
        "chosen": len(chosen),
        "total": len(lines),
        "number": number,
        "count_of_pages": 1 if every else -(-len(chosen) // LINES_PAGE),
        "page_url": url + ("&" if here else "?") + "page={page}#timeline",
        "every_url": url + ("&" if here else "?") + "every=1#timeline",
        "asked": asked,
        "groups": [(group, group) for group in timeline.groups(lines)],
        "people": [(name, name) for name in timeline.people(lines)],
        "positions": [(p.slug, p.title) for p in found.picture.command.positions.values()],
        "errors": wrong,
    }


FILTERS = ("group", "position", "person", "text", "begin", "end")


def _moment(name: str, text: str, zone: str, wrong: Errors) -> datetime | None:
    """A time of the filter; one that cannot be read is said and left out."""
    try:
        return local_moment(name, text, zone)
    except Invalid as error:
        wrong |= error.errors
        return None


def _day(name: str) -> date | None:
    text = typed(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid.field(name, "must be a day such as 2026-11-23") from None


def _findings_url(incident_id: UUID) -> str:
    return url_for("review.show", incident_id=incident_id) + "#findings"
