"""What all API modules share: schemas, pages with a cursor, and POSTs that happen once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import marshmallow as ma
import sqlalchemy as sa
from flask import Flask, Response, current_app, request
from flask_smorest import Api, Blueprint
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from app.accounts.access import actor
from app.core.columns import Id, UtcDateTime
from app.core.db import Base, UnitOfWork
from app.core.errors import Invalid
from app.core.ids import is_id
from app.core.insert import insert_once
from app.runtime import transact
from app.web.openapi import completed
from app.web.requests import WORDS, is_storable

P = ParamSpec("P")
T = TypeVar("T")

PREFIX = "/api/v1"
MOST_INTEGER = 2**31 - 1  # what both engines' integer columns hold
FIRST_YEAR, LAST_YEAR = 1970, 2199


class MusterApi(Api):
    """flask-smorest would answer every HTML 404 with JSON; app.web.errors handles errors for all.

    It would also write the description of the whole API at each start; here it is written when first read.
    """

    def __init__(self, app: Flask) -> None:
        self._modules: list[Blueprint] = []
        super().__init__(app)

    def _register_error_handlers(self) -> None:
        pass

    def register_blueprint(self, blp: Blueprint, **options: Any) -> None:
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp, **options)
        self._modules.append(blp)

    def described(self) -> dict[str, Any]:
        """The OpenAPI document as flask-smorest writes it. Call once."""
        for module in self._modules:
            module.register_views_in_doc(self, self._app, self.spec, name=module.name, parameters=None)
            self.spec.tag({"name": module.name, "description": module.description})
        return self.spec.to_dict()


class Schema(ma.Schema):
    """Unknown fields are refused, by name: a misspelt field must not be silently dropped. So is what no column
    holds and no clock shows.
    """

    class Meta:
        unknown = ma.RAISE
        ordered = True

    @ma.post_load
    def _can_be_kept(self, data: Any, **_: Any) -> Any:
        faults = {name: [fault] for name, value in data.items() if (fault := unkeepable(value))}
        if faults:
            raise ma.ValidationError(faults)
        return data


class PageArgs(Schema):
    cursor = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(max=36),
        metadata={"description": "`next` of the page before"},
    )
    limit = ma.fields.Integer(load_default=100, validate=ma.validate.Range(1, 1000))


def unkeepable(value: Any) -> str | None:
    """Why a value cannot be stored and shown, or None when it can. Looks into lists; nested schemas look for
    themselves.
    """
    if isinstance(value, str) and not is_storable(value):
        return WORDS
    if isinstance(value, int) and abs(value) > MOST_INTEGER:
        return f"must be a whole number of at most {MOST_INTEGER}"
    if isinstance(value, datetime) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        return f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}"
    if isinstance(value, list):
        return next((fault for item in value if (fault := unkeepable(item))), None)
    return None


def page_of(item: type[ma.Schema], name: str) -> type[ma.Schema]:
    """The schema of `{items: [...], next: cursor or null}`."""
    return Schema.from_dict(
        {
            "items": ma.fields.List(ma.fields.Nested(item), required=True),
            "next": ma.fields.String(required=True, allow_none=True),
        },
        name=name,
    )


def page(
    db: Session,
    query: sa.Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[str],
    *,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """One page in order of `key`, a time-ordered id. Raises Invalid for a cursor that is none of ours."""
    if cursor is not None:
        if not is_id(cursor):
            raise Invalid.field("cursor", "is not the `next` of an earlier page")
        query = query.where(key > cursor)
    rows = list(db.scalars(query.order_by(key).limit(limit + 1)).unique())
    more = len(rows) > limit
    return {"items": rows[:limit], "next": getattr(rows[limit - 1], key.key) if more else None}


class IdempotencyKey(Base):
    """A POST that was done, and what was answered, written in the same transaction."""

    __tablename__ = "idempotency_keys"

    account_id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    request_digest: Mapped[str] = mapped_column(sa.String(64))
    body: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def post(
    action: Callable[Concatenate[UnitOfWork, P], T],
    out: type[ma.Schema],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Run an action and answer 201 with its result; the same Idempotency-Key gives the same answer again."""

    def work(uow: UnitOfWork) -> str:
        row = _remembered(uow)
        if row is not None and row.body:
            return row.body
        result = action(uow, *args, **kwargs)
        uow.session.flush()
        body = json.dumps(out().dump(result), default=str)
        if row is not None:
            row.body = body
        return body

    return Response(transact(work), 201, content_type="application/json")


def _remembered(uow: UnitOfWork) -> IdempotencyKey | None:
    """The row of this request's key, new or found. Two at once queue at the insert."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= 200:
        raise Invalid.field("Idempotency-Key", "must have 1 to 200 characters")
    who = actor().id
    content = f"{request.method} {request.path}\n".encode() + request.get_data()
    request_digest = hashlib.sha256(content).hexdigest()
    values = {
        "account_id": who,
        "key": key,
        "request_digest": request_digest,
        "body": "",
        "created_at": uow.now,
    }
    insert_once(uow.session, IdempotencyKey, [values])
    row = uow.session.get_one(IdempotencyKey, (who, key))
    if row.request_digest != request_digest:
        raise Invalid.field("Idempotency-Key", "was already used for a different request")
    return row


def blueprint(name: str, description: str) -> Blueprint:
    """An API module's blueprint, all under /api/v1."""
    return Blueprint(f"api_{name}", __name__, url_prefix=PREFIX, description=description)


def init_app(app: Flask, modules: list[Blueprint]) -> None:
    app.config.update(
        API_TITLE="Muster",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "security": [{"token": []}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        },
    )
    api = MusterApi(app)
    for module in modules:
        api.register_blueprint(module)
    app.extensions["muster_api"] = api


def spec() -> dict[str, Any]:
    """The OpenAPI document. It does not change while the program runs."""
    extensions = current_app.extensions
    if "muster_openapi" not in extensions:
        bare = extensions["muster_api"].described()
        extensions["muster_openapi"] = completed(bare, current_app._get_current_object())  # type: ignore[attr-defined]
    return extensions["muster_openapi"]
