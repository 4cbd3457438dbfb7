"""One's own password, sessions and tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, render_template, request, url_for

from app.accounts import actions, queries
from app.accounts.access import actor, current_identity, signed_in
from app.accounts.identity import Identity
from app.accounts.pages import pages
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.runtime import runtime, transact
from app.web.forms import Errors, done, submitted, typed


@pages.get("/account/password")
@signed_in
def password() -> str:
    return _password_form({})


@pages.post("/account/password")
@signed_in
def change_password() -> Any:
    def act() -> Any:
        if request.form.get("new", "") != request.form.get("again", ""):
            raise Invalid.field("again", "must be the same as the new password")
        transact(
            actions.change_password,
            actor(),
            current=request.form.get("current", ""),
            new=request.form.get("new", ""),
            keep_sign_in_id=_mine().sign_in_id,
        )
        return done("Your password is changed. Your other sessions have ended.", "/")

    return submitted(act, _password_form)


@pages.get("/account/sessions")
@signed_in
def sessions() -> str:
    rt = runtime()
    idle = timedelta(minutes=rt.settings.session_idle_minutes)
    with rt.db.read() as db:
        found = queries.open_sessions(db, _mine().actor.id, rt.clock.now(), idle)
    return render_template("accounts/sessions.html", sessions=found, mine=_mine().sign_in_id)


@pages.post("/account/sessions/<uuid:sign_in_id>/end")
@signed_in
def end_session(sign_in_id: Any) -> Any:
    transact(actions.end_session, actor(), str(sign_in_id))
    return done("The session has ended.", url_for("accounts.sessions"))


@pages.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Any:
    count = transact(actions.end_other_sessions, actor(), _mine().sign_in_id)
    words = "1 session has" if count == 1 else f"{count} sessions have"
    return done(f"{words} ended.", url_for("accounts.sessions"))


@pages.get("/account/tokens")
@signed_in
def tokens() -> str:
    return _tokens_page({})


@pages.post("/account/tokens")
@signed_in
def create_token() -> Any:
    """The page after it shows the token, once; so it is an answer and no redirect."""

    def act() -> Any:
        secret = transact(
            actions.create_token,
            actor(),
            email=_mine().email,
            name=typed("name"),
            scopes=_scopes(),
            days=_days(),
        )
        return Response(_tokens_page({}, secret), 201, content_type="text/html; charset=utf-8")

    return submitted(act, _tokens_page)


@pages.post("/account/tokens/<uuid:token_id>/revoke")
@signed_in
def revoke_token(token_id: Any) -> Any:
    token = transact(actions.revoke_token, actor(), str(token_id))
    mine = token.account_id == actor().id
    back = url_for("accounts.tokens") if mine else url_for("accounts.show", account_id=token.account_id)
    return done(f"The token {token.name} is revoked.", back)


def _mine() -> Identity:
    found = current_identity()
    assert found is not None  # the view is @signed_in
    return found


def _password_form(errors: Errors) -> str:
    return render_template("accounts/password.html", errors=errors, forced=_mine().must_change_password)


def _tokens_page(errors: Errors, secret: str | None = None) -> str:
    with runtime().db.read() as db:
        found = queries.tokens(db, actor().id)
    typed_in = request.form.to_dict() | {"scopes": request.form.getlist("scopes")} if errors else {}
    return render_template(
        "accounts/tokens.html",
        tokens=found,
        secret=secret,
        errors=errors,
        data=typed_in,
        scopes=[(p.value, p.text, p.value) for p in Permission if actor().may(p)],
    )


def _scopes() -> frozenset[Permission]:
    try:
        return frozenset(Permission(value) for value in request.form.getlist("scopes"))
    except ValueError:
        raise Invalid.field("scopes", "choose from the list") from None


def _days() -> int | None:
    text = typed("days")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise Invalid.field("days", "must be a whole number from 1 to 3650, or empty")
    return int(text)
