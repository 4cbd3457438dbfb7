"""A CSV file: upload it, say what its columns mean, see what was taken and what was wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.queries import facilities
from app.runtime import runtime, transact
from app.surge import actions, csvfile, queries
from app.surge.csvfile import DATE_ORDERS, WHOLE, Columns
from app.surge.metrics import METRICS
from app.surge.models import CsvUpload
from app.surge.pages.frame import pages
from app.web.forms import Errors, submitted, typed

NAMES_ASKED = 400
TROUBLES_SHOWN = 500
LABELS = {
    "file": "File",
    "source": "Source",
    "time_column": "When it was counted",
    "facility": "Hospital",
    "facility_column": "Column of the hospital",
    "unit_column": "Column of the unit",
    "date_order": "How dates are written",
    "values": "Numbers",
}


@pages.route("/capacity/upload")
@requires(Permission.READING_ENTER)
def upload() -> str:
    return _upload_page()


@pages.route("/capacity/upload", methods=["POST"])
@requires(Permission.READING_ENTER)
def keep() -> Any:
    def act() -> Any:
        file = request.files.get("file")
        kept = transact(
            actions.keep_upload,
            actor(),
            filename=file.filename or "" if file else "",
            source=typed("source"),
            content=file.read() if file else b"",
        )
        return redirect(url_for("surge.columns", upload_id=kept.id))

    return submitted(act, _upload_page)


@pages.route("/capacity/upload/<uuid:upload_id>")
@requires(Permission.READING_ENTER)
def columns(upload_id: UUID) -> str:
    return _columns_page(upload_id)


@pages.route("/capacity/upload/<uuid:upload_id>", methods=["POST"])
@requires(Permission.READING_ENTER)
def take(upload_id: UUID) -> Any:
    """`step` check shows what would be taken; take enters it."""

    def act() -> Any:
        chosen = _chosen()
        if typed("step") != "take":
            return _columns_page(upload_id, chosen=chosen, checked=True)
        taken = transact(actions.take_upload, actor(), str(upload_id), columns=chosen)
        return render_template("surge/taken.html", **_shown(taken.result), entered=taken.entered)

    return submitted(act, lambda errors: _columns_page(upload_id, errors, _chosen()))


def _upload_page(errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        return render_template(
            "surge/upload.html",
            sources=queries.csv_sources(db),
            data=request.form,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=_trail("Upload a file"),
        )


def _columns_page(
    upload_id: UUID, errors: Errors | None = None, chosen: Columns | None = None, *, checked: bool = False
) -> str:
    with runtime().db.read() as db:
        kept = db.get(CsvUpload, str(upload_id))
        if kept is None or kept.account_id != actor().id:
            raise NotFound("That file is not here any more. Upload it again.")
        names = csvfile.header(kept.content)
        chosen = chosen or _remembered(db, kept.source) or csvfile.guess(names)
        places = [each for each in facilities(db) if actor().may(Permission.READING_ENTER, each.id)]
        result = None
        if checked and not errors:
            zones = {each.code: each.zone for each in facilities(db)}
            actions.check_columns(chosen, names, zones)
            result = csvfile.read(kept.content, chosen, zones)
        asked = list(result.unknown_facilities if result else chosen.facility_names)
        asked += [name for name in chosen.facility_names if name not in asked]
        return render_template(
            "surge/columns.html",
            upload=kept,
            names=[name for name in names if name],
            preview=csvfile.preview(kept.content),
            header=names,
            data=_data(chosen),
            asked=[
                (n, name, chosen.facility_names.get(name, "")) for n, name in enumerate(asked[:NAMES_ASKED])
            ],
            not_asked=max(0, len(asked) - NAMES_ASKED),
            places=[(each.code, each.name) for each in places],
            orders=[(slug, words) for slug, (words, _) in DATE_ORDERS.items()],
            metrics=METRICS,
            checked=_shown(result) if result else None,
            errors=errors or {},
            labels=LABELS,
            breadcrumb=_trail(kept.filename),
        )


def _shown(result: csvfile.Result) -> dict[str, Any]:
    """Every trouble but those of names that are asked for anyway, up to as many as a person can read."""
    return {
        "result": result,
        "troubles": result.troubles[:TROUBLES_SHOWN],
        "more_troubles": max(0, len(result.troubles) - TROUBLES_SHOWN),
    }


def _chosen() -> Columns:
    """The columns as the form has them."""
    form = request.form
    names = {
        form[f"name-{key.removeprefix('code-')}"]: code
        for key, code in form.items()
        if key.startswith("code-") and code != "?" and f"name-{key.removeprefix('code-')}" in form
    }
    return Columns(
        time_column=typed("time_column"),
        date_order=typed("date_order"),
        facility_column=typed("facility_column"),
        facility=typed("facility"),
        unit_column=typed("unit_column"),
        unit=WHOLE,
        values={metric: column for metric in METRICS if (column := typed(f"value-{metric}"))},
        facility_names=names,
    )


def _data(chosen: Columns) -> dict[str, Any]:
    plain = msgspec.to_builtins(chosen)
    return plain | {f"value-{metric}": column for metric, column in chosen.values.items()}


def _remembered(db: Session, source: str) -> Columns | None:
    mapping = queries.csv_mapping(db, source)
    return msgspec.json.decode(mapping, type=Columns) if mapping else None


def _trail(current: str) -> list[dict[str, str]]:
    return [{"label": "Capacity", "url": url_for("surge.index")}, {"label": current}]
