"""A file of shifts: upload it, and see what was taken and what was wrong."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request

from app.accounts.access import actor, requires
from app.core.permissions import Permission
from app.runtime import runtime, transact
from app.staffing import actions, rota
from app.staffing.actions import Put
from app.staffing.pages.frame import LABELS, breadcrumb, pages, place_of
from app.web.forms import Errors, submitted, typed

REFUSALS_SHOWN = 200


@pages.route("/people/duty/<code>/upload")
@requires(Permission.ROSTER_EDIT)
def upload_shifts(code: str) -> str:
    return _page(code)


@pages.route("/people/duty/<code>/upload", methods=["POST"])
@requires(Permission.ROSTER_EDIT)
def take_shifts(code: str) -> Any:
    """Good rows are taken, the others listed. The same file twice changes nothing the second time."""

    def act() -> str:
        with runtime().db.read() as db:
            here = place_of(db, code)
        file = request.files.get("file")
        given, refused = rota.read_csv(file.read() if file else b"", here.zone)
        put = transact(
            actions.put_shifts,
            actor(),
            facility_id=here.id,
            shifts=given,
            source=_name(file.filename if file else None),
            refused=refused,
            replace=bool(typed("replace")),
        )
        return _page(code, put=put)

    return submitted(act, lambda errors: _page(code, errors))


def _name(filename: str | None) -> str:
    return (filename or "").replace("\x00", "").strip()[:200] or "file"


def _page(code: str, errors: Errors | None = None, put: Put | None = None) -> str:
    with runtime().db.read() as db:
        here = place_of(db, code)
        g.zone = here.zone
        return render_template(
            "staffing/upload.html",
            facility=here,
            place=here.name,
            put=put,
            needed=rota.NEEDED,
            optional=rota.OPTIONAL,
            most=rota.MOST_ROWS,
            shown=REFUSALS_SHOWN,
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=breadcrumb(f"Upload shifts, {here.code}"),
        )
