"""Administrators: who may sign in, and what each may do where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from flask import Response, render_template, request, url_for

from app.accounts import actions, queries, wording
from app.accounts.access import actor, requires
from app.accounts.pages import pages
from app.accounts.rules import EVERYWHERE, checked_role
from app.core.permissions import ACCOUNT_ROLES, GRANTED, Permission
from app.facilities.models import Facility
from app.facilities.queries import facilities
from app.runtime import runtime, transact
from app.web.forms import Errors, done, page_number, submitted, typed

PAGE = 50


@pages.get("/accounts")
@requires(Permission.ACCOUNT_MANAGE)
def index() -> str:
    text, page = request.args.get("q", "").strip()[:200], page_number()
    with runtime().db.read() as db:
        found, count = queries.accounts(db, actor(), text=text, page=page, size=PAGE)
        names = _names(facilities(db))
    return render_template(
        "accounts/index.html",
        accounts=found,
        count=count,
        page=page,
        pages=ceil(count / PAGE),
        q=text,
        names=names,
    )


@pages.get("/accounts/new")
@requires(Permission.ACCOUNT_MANAGE)
def new() -> str:
    return _new_form({})


@pages.post("/accounts")
@requires(Permission.ACCOUNT_MANAGE)
def create() -> Any:
    def act() -> Any:
        account, secret = transact(
            actions.create_account,
            actor(),
            email=typed("email"),
            role=checked_role(typed("role")),
            facility_id=_chosen_facility(),
            name=typed("name") or None,
        )
        return _shown_once(account.id, account.name, account.email, secret, 201)

    return submitted(act, _new_form)


@pages.get("/accounts/<uuid:account_id>")
@requires(Permission.ACCOUNT_MANAGE)
def show(account_id: Any) -> str:
    return _account_page(str(account_id), {})


@pages.post("/accounts/<uuid:account_id>/roles")
@requires(Permission.ACCOUNT_MANAGE)
def give_role(account_id: Any) -> Any:
    def act() -> Any:
        account = transact(
            actions.give_role,
            actor(),
            str(account_id),
            role=typed("role"),
            facility_id=_chosen_facility(),
        )
        return done(f"{account.name} has the role now.", _back(account_id))

    return submitted(act, lambda errors: _account_page(str(account_id), errors))


@pages.post("/accounts/<uuid:account_id>/roles/<uuid:role_id>/take")
@requires(Permission.ACCOUNT_MANAGE)
def take_role(account_id: Any, role_id: Any) -> Any:
    def act() -> Any:
        account = transact(actions.take_role, actor(), str(account_id), str(role_id))
        return done(f"{account.name} no longer has the role.", _back(account_id))

    return submitted(act, lambda errors: _account_page(str(account_id), errors))


@pages.post("/accounts/<uuid:account_id>/disable")
@requires(Permission.ACCOUNT_MANAGE)
def disable(account_id: Any) -> Any:
    def act() -> Any:
        account = transact(actions.disable, actor(), str(account_id), reason=typed("reason"))
        return done(f"The account of {account.name} is disabled, and signed out.", _back(account_id))

    return submitted(act, lambda errors: _account_page(str(account_id), errors))


@pages.post("/accounts/<uuid:account_id>/enable")
@requires(Permission.ACCOUNT_MANAGE)
def enable(account_id: Any) -> Any:
    def act() -> Any:
        account = transact(actions.enable, actor(), str(account_id))
        return done(f"{account.name} can sign in again.", _back(account_id))

    return submitted(act, lambda errors: _account_page(str(account_id), errors))


@pages.post("/accounts/<uuid:account_id>/end-sessions")
@requires(Permission.ACCOUNT_MANAGE)
def end_sessions(account_id: Any) -> Any:
    count = transact(actions.end_all_sessions, actor(), str(account_id))
    return done("1 session has ended." if count == 1 else f"{count} sessions have ended.", _back(account_id))


@pages.post("/accounts/<uuid:account_id>/reset-password")
@requires(Permission.ACCOUNT_MANAGE)
def reset_password(account_id: Any) -> Any:
    def act() -> Any:
        account, secret = transact(actions.reset_password, actor(), str(account_id))
        return _shown_once(account.id, account.name, account.email, secret, 200)

    return submitted(act, lambda errors: _account_page(str(account_id), errors))


def _new_form(errors: Errors) -> str:
    return render_template(
        "accounts/new.html",
        errors=errors,
        data=request.form if errors else {},
        roles=_role_choices(),
        places=_places(),
    )


def _account_page(account_id: str, errors: Errors) -> str:
    rt = runtime()
    idle = timedelta(minutes=rt.settings.session_idle_minutes)
    with rt.db.read() as db:
        account = queries.managed_account(db, actor(), account_id)
        context: dict[str, Any] = {
            "shown": account,
            "names": _names(facilities(db)),
            "sessions": queries.open_sessions(db, account_id, rt.clock.now(), idle),
            "tokens": queries.tokens(db, account_id),
            "entries": [wording.line(entry) for entry in queries.changes(db, account_id)],
        }
    return render_template(
        "accounts/show.html",
        errors=errors,
        data=request.form if errors else {},
        roles=_role_choices(),
        places=_places(),
        granted=GRANTED,
        is_self=account_id == actor().id,
        **context,
    )


def _shown_once(account_id: str, name: str, email: str, secret: str, status: int) -> Response:
    """An answer and no redirect: the password is stored nowhere, not even on the way to another page."""
    page = render_template(
        "accounts/one_time_password.html", account_id=account_id, shown_name=name, email=email, secret=secret
    )
    return Response(page, status, content_type="text/html; charset=utf-8")


def _back(account_id: Any) -> str:
    return url_for("accounts.show", account_id=account_id)


def _chosen_facility() -> str | None:
    chosen = typed("facility")
    return None if chosen == EVERYWHERE else chosen


def _places() -> list[tuple[str, str]]:
    """Where this actor may give roles."""
    with runtime().db.read() as db:
        found = facilities(db)
    places = [(f.id, f.name) for f in found if actor().may(Permission.ACCOUNT_MANAGE, f.id)]
    if actor().may(Permission.ACCOUNT_MANAGE, EVERYWHERE):
        places.append((EVERYWHERE, "All hospitals"))
    return places


def _role_choices() -> list[tuple[str, str, str]]:
    return [(role.value, wording.role(role), wording.permissions(role)) for role in ACCOUNT_ROLES]


def _names(found: Sequence[Facility]) -> dict[str | None, str]:
    return {None: "All hospitals"} | {f.id: f.name for f in found}
