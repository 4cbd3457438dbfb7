"""A CSV file is kept, mapped and taken: good rows in, each bad one named, the mapping remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import UnitOfWork
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility, Unit
from app.incidents.rules import required_text
from app.surge import csvfile
from app.surge.actions.readings import Entered, Given, enter
from app.surge.capacity import WHOLE_HOSPITAL
from app.surge.csvfile import WHOLE, Columns, Result, Trouble
from app.surge.metrics import METRICS
from app.surge.models import CsvMapping, CsvUpload

WHOLE_CODE = "ALL"
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Taken:
    result: Result
    entered: Entered


def keep_upload(uow: UnitOfWork, actor: Actor, *, filename: str, source: str, content: bytes) -> CsvUpload:
    """Keep a file for a day, until its columns are mapped. Raises Invalid when it is no CSV text."""
    actor.require(Permission.READING_ENTER)
    source = required_text("source", source, 200)
    try:
        text, encoding = csvfile.decode(content)
        csvfile.header(text)
        rows = csvfile.row_count(text)
    except csvfile.Unreadable as problem:
        raise Invalid.field("file", str(problem)) from problem
    if rows == 0:
        raise Invalid.field("file", "has no rows under its first line")
    upload = CsvUpload(
        id=uow.new_id(),
        account_id=actor.id,
        filename=(filename or "file")[:200],
        source=source,
        encoding=encoding,
        content=text,
        uploaded_at=uow.now,
    )
    uow.session.add(upload)
    return upload


def take_upload(uow: UnitOfWork, actor: Actor, upload_id: str, *, columns: Columns) -> Taken:
    """Enter what the file says by these columns, remember them for its source, and let the file go."""
    actor.require(Permission.READING_ENTER)
    upload = mine(uow, actor, upload_id)
    zones = {f.code: f.zone for f in uow.session.scalars(sa.select(Facility))}
    check_columns(columns, csvfile.header(upload.content), zones)
    result = csvfile.read(upload.content, columns, zones)
    if any(found.unit == WHOLE for found in result.found):
        _whole_hospital(uow, actor, {found.facility for found in result.found})
    given = [
        Given(
            found.facility,
            WHOLE_CODE if found.unit == WHOLE else found.unit,
            found.metric,
            found.value,
            found.observed_at,
            upload.source,
        )
        for found in result.found
    ]
    entered = enter(uow, actor, readings=given)
    for refused in entered.refused:
        found = result.found[refused.index]
        for name, messages in refused.errors.items():
            column = {"unit": columns.unit_column, "observed_at": columns.time_column}.get(name, name)
            value = found.unit if name == "unit" else str(found.value)
            result.troubles.append(Trouble(found.line, column, value, " ".join(messages)))
    result.troubles.sort(key=lambda trouble: trouble.line)
    _remember(uow, actor, upload.source, columns)
    uow.session.delete(upload)
    return Taken(result, entered)


def drop_old_uploads(uow: UnitOfWork, actor: Actor) -> None:
    """Files nobody came back for."""
    actor.require(Permission.READING_ENTER)
    uow.session.execute(sa.delete(CsvUpload).where(CsvUpload.uploaded_at < uow.now - KEPT))


def mine(uow: UnitOfWork, actor: Actor, upload_id: str) -> CsvUpload:
    found = uow.session.get(CsvUpload, upload_id)
    if found is None or found.account_id != actor.id:
        raise NotFound("That file is not here any more. Upload it again.")
    return found


def check_columns(columns: Columns, names: list[str], zones: dict[str, str]) -> None:
    """Raises Invalid naming the field of the mapping that cannot be right."""
    if columns.time_column not in names:
        raise Invalid.field("time_column", "choose the column that says when it was counted")
    if columns.date_order not in csvfile.DATE_ORDERS:
        raise Invalid.field("date_order", f"must be one of {', '.join(csvfile.DATE_ORDERS)}")
    if columns.facility_column and columns.facility_column not in names:
        raise Invalid.field("facility_column", "is no column of this file")
    if not columns.facility_column and columns.facility not in zones:
        raise Invalid.field("facility", f"choose a column or one of {', '.join(sorted(zones))}")
    if columns.unit_column and columns.unit_column not in names:
        raise Invalid.field("unit_column", "is no column of this file")
    if not columns.values:
        raise Invalid.field("values", "choose a column for at least one number")
    for metric, column in columns.values.items():
        if metric not in METRICS or column not in names:
            raise Invalid.field(f"value-{metric}", f"{column!r} is no column of this file")
    for name, code in columns.facility_names.items():
        if code and code not in zones:
            raise Invalid.field("facility_names", f"{name}: there is no hospital with the code {code!r}")


def _whole_hospital(uow: UnitOfWork, actor: Actor, codes: set[str]) -> None:
    """Give these hospitals the made-up unit that holds what is known only for the whole house."""
    there = sa.select(Unit.facility_id).where(Unit.unit_class == WHOLE_HOSPITAL)
    lacking = sa.select(Facility).where(Facility.code.in_(codes), Facility.id.not_in(there))
    for facility in uow.session.scalars(lacking.order_by(Facility.id)):
        if actor.may(Permission.READING_ENTER, facility.id):
            uow.session.add(
                Unit(
                    id=uow.new_id(),
                    facility_id=facility.id,
                    code=WHOLE_CODE,
                    name="All inpatient (whole hospital)",
                    unit_class=WHOLE_HOSPITAL,
                    licensed_beds=0,
                    physical_beds=0,
                    staffed_beds=0,
                    patients_per_nurse=None,
                )
            )
    uow.session.flush()


def _remember(uow: UnitOfWork, actor: Actor, source: str, columns: Columns) -> None:
    mapping = uow.session.get(CsvMapping, source) or CsvMapping(source=source)

    mapping.mapping = msgspec.json.encode(columns).decode()
    mapping.updated_at, mapping.updated_by = uow.now, actor.name
    uow.session.add(mapping)
