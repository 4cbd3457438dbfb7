"""Schemes of a hospital: what each says now, what is missing for it, and the form to fill one in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.runtime import runtime, transact
from app.surge.pages.frame import frame, hospital
from app.surge.schemes import actions, queries
from app.surge.schemes.assess import assess
from app.surge.schemes.form import form_of, measure_choices, rows, scheme_typed
from app.surge.schemes.models import EscalationScheme
from app.surge.schemes.scheme import (
    DIRECTIONS,
    TEMPLATE,
    Scheme,
    Unreadable,
    errors_of,
    from_toml,
    read,
    template,
)
from app.web.forms import Errors, done, local_time, submitted, typed

pages = Blueprint("schemes", __name__)

LARGEST_FILE = 256 * 1024


@pages.route("/capacity/<code>/schemes")
@requires(Permission.BOARD_VIEW)
def index(code: str) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        facility = hospital(db, code)
        found = [(row, read(row.definition)) for row in queries.schemes(db, facility.id)]
        return render_template(
            "schemes/index.html",
            **frame(db, facility, "Escalation schemes"),
            schemes=[
                (row, scheme, assess(scheme, queries.values(db, row, scheme, now))) for row, scheme in found
            ],
        )


@pages.route("/capacity/<code>/schemes/template.toml")
@requires(Permission.BOARD_VIEW)
def template_file(code: str) -> Response:
    """The empty OPEL template, to fill in outside and upload."""
    with runtime().db.read() as db:
        hospital(db, code)
    headers = {"Content-Disposition": "attachment; filename=opel_template.toml"}
    return Response(
        TEMPLATE.read_text(encoding="utf-8"), content_type="text/plain; charset=utf-8", headers=headers
    )


@pages.route("/capacity/<code>/schemes/new")
@requires(Permission.POLICY_EDIT)
def new(code: str) -> str:
    """Begins with the empty OPEL template, or without with `?from=nothing`."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
    start = Scheme("") if request.args.get("from") == "nothing" else template()
    return _editor(facility, None, form_of(start), {})


@pages.route("/capacity/<code>/schemes/new", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def create(code: str) -> Any:
    """`step` file reads an uploaded file into the form; save makes the scheme."""
    with runtime().db.read() as db:
        facility = hospital(db, code)

    def act() -> Any:
        if typed("step") == "file":
            return _editor(facility, None, form_of(_uploaded()), {})
        made = transact(
            actions.create_scheme, actor(), facility.id, scheme=_typed_scheme(), reason=typed("reason")
        )
        return done(f"{made.title} is kept.", url_for("schemes.show", scheme_id=made.id))

    return submitted(act, lambda errors: _editor(facility, None, request.form.to_dict(), errors))


@pages.route("/capacity/schemes/<uuid:scheme_id>")
@requires(Permission.BOARD_VIEW)
def show(scheme_id: UUID) -> str:
    return _live(scheme_id)


@pages.route("/capacity/schemes/<uuid:scheme_id>/values", methods=["POST"])
@requires(Permission.READING_ENTER)
def enter(scheme_id: UUID) -> Any:
    def act() -> Any:
        with runtime().db.read() as db:
            row, facility = _of(db, scheme_id)
        observed_at = local_time("observed_at", facility.zone) or runtime().clock.now()
        values = _typed_values(read(row.definition))
        count = transact(actions.enter_values, actor(), row.id, values=values, observed_at=observed_at)
        said = f"{count} {'value' if count == 1 else 'values'} saved."
        return done(said, url_for("schemes.show", scheme_id=row.id))

    return submitted(act, lambda errors: _live(scheme_id, errors))


@pages.route("/capacity/schemes/<uuid:scheme_id>/edit")
@requires(Permission.POLICY_EDIT)
def edit(scheme_id: UUID) -> str:
    row, facility = _to_edit(scheme_id)
    return _editor(facility, row, form_of(read(row.definition)), {})


@pages.route("/capacity/schemes/<uuid:scheme_id>/edit", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def save(scheme_id: UUID) -> Any:
    row, facility = _to_edit(scheme_id)

    def act() -> Any:
        if typed("step") == "file":
            return _editor(facility, row, form_of(_uploaded()), {})
        number = int(typed("number")) if typed("number").isdecimal() else 0
        made = transact(
            actions.edit_scheme,
            actor(),
            row.id,
            number=number,
            scheme=_typed_scheme(),
            reason=typed("reason"),
        )
        said = f"{made.title}: version {made.number} is in force."
        return done(said, url_for("schemes.show", scheme_id=made.id))

    return submitted(act, lambda errors: _editor(facility, row, request.form.to_dict(), errors))


@pages.route("/capacity/schemes/<uuid:scheme_id>/retire", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def retire(scheme_id: UUID) -> Any:
    row, facility = _to_edit(scheme_id)

    def act() -> Any:
        transact(actions.retire_scheme, actor(), row.id, reason=typed("reason"))
        return done(f"{row.title} is retired.", url_for("schemes.index", code=facility.code))

    form = form_of(read(row.definition))
    return submitted(act, lambda errors: _editor(facility, row, form, errors))


def _of(db: Session, scheme_id: UUID) -> tuple[EscalationScheme, Facility]:
    row = queries.scheme(db, str(scheme_id))
    return row, hospital(db, facility_by_id(db, row.facility_id).code)


def _to_edit(scheme_id: UUID) -> tuple[EscalationScheme, Facility]:
    with runtime().db.read() as db:
        row, facility = _of(db, scheme_id)
    actor().require(Permission.POLICY_EDIT, facility.id)
    return row, facility


def _live(scheme_id: UUID, errors: Errors | None = None) -> str:
    now = runtime().clock.now()
    with runtime().db.read() as db:
        row, facility = _of(db, scheme_id)
        scheme = read(row.definition)
        return render_template(
            "schemes/scheme.html",
            **_trail(db, facility, row.title),
            row=row,
            scheme=scheme,
            found=assess(scheme, queries.values(db, row, scheme, now)),
            versions=queries.versions(db, row.id),
            directions=DIRECTIONS,
            data=request.form,
            errors=errors or {},
            labels={each.slug: each.label for each in scheme.parameters},
        )


def _editor(facility: Facility, row: EscalationScheme | None, data: dict[str, str], errors: Errors) -> str:
    parameters, bands = rows(data)
    with runtime().db.read() as db:
        return render_template(
            "schemes/edit.html",
            **_trail(db, facility, row.title if row else "New scheme"),
            row=row,
            data=data,
            errors=errors,
            parameters=parameters,
            bands=bands,
            measures=measure_choices(),
            directions=list(DIRECTIONS.items()),
        )


def _trail(db: Session, facility: Facility, current: str) -> dict[str, Any]:
    shown = frame(db, facility, current)
    trail = {"label": "Escalation schemes", "url": url_for("schemes.index", code=facility.code)}
    shown["breadcrumb"].insert(1, trail)
    return shown


def _typed_scheme() -> Scheme:
    """What is wrong is said by the names that the fields have in the form."""
    scheme, names = scheme_typed(request.form)
    errors = {names.get(name, name): [why] for name, why in errors_of(scheme).items()}
    if errors:
        raise Invalid("; ".join(f"{name}: {said[0]}" for name, said in errors.items()), errors)
    return scheme


def _uploaded() -> Scheme:
    file = request.files.get("file")
    content = file.read(LARGEST_FILE + 1) if file else b""
    if not content or len(content) > LARGEST_FILE:
        raise Invalid.field("file", f"choose a TOML file of at most {LARGEST_FILE // 1024} kB")
    try:
        scheme = from_toml(content)
    except Unreadable as problem:
        raise Invalid.field("file", str(problem)) from problem
    if wrong := errors_of(scheme):
        raise Invalid.field("file", "; ".join(f"{name}: {why}" for name, why in wrong.items()))
    return scheme


def _typed_values(scheme: Scheme) -> dict[str, float]:
    values, errors = {}, {}
    for each in scheme.parameters:
        text = typed(each.slug).replace(",", ".")
        if each.measure or not text:
            continue
        try:
            values[each.slug] = float(text)
        except ValueError:
            errors[each.slug] = [f"{text!r} is no number"]
    if errors:
        raise Invalid("; ".join(f"{name}: {said[0]}" for name, said in errors.items()), errors)
    return values
