"""Signing in and out."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, flash, redirect, render_template, request, session, url_for

from app.accounts import actions, identity
from app.accounts.access import current_identity, public
from app.accounts.models import Account
from app.accounts.pages import pages
from app.accounts.rules import safe_next
from app.accounts.throttle import Throttle
from app.core.errors import NotSignedIn, TooManyAttempts
from app.demo import sign_in as demo
from app.runtime import runtime, transact


@pages.get("/sign-in")
@public("whoever wants to sign in has not done so yet")
def sign_in() -> Any:
    if "next" in request.args:
        session["next"] = safe_next(request.args["next"])
    if current_identity() is not None:
        return redirect(safe_next(session.pop("next", "/")))
    return _form()


@pages.post("/sign-in")
@public("whoever wants to sign in has not done so yet")
def enter() -> Any:
    rt = runtime()
    throttle: Throttle = rt.parts["throttle"]
    address, email = request.remote_addr or "", request.form.get("email", "")
    try:
        throttle.check(address, email)
        with rt.db.read() as db:
            proof = identity.prove(db, email, request.form.get("password", ""))
        agent = request.user_agent.string
        _, secret = transact(actions.sign_in, proof, hours=rt.settings.session_hours, user_agent=agent)
    except NotSignedIn as error:
        throttle.failed(address, email)
        return _form(error.detail, error.status)
    except TooManyAttempts as error:
        response = _form(error.detail, error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    target = safe_next(session.pop("next", "/"))
    session.clear()  # nothing that somebody else put into this browser's session outlives the sign-in
    session["sign_in"] = secret
    return redirect(target)


@pages.post("/sign-out")
@public("a session that has run out can be left too")
def sign_out() -> Any:
    found = current_identity()
    if found is not None and found.sign_in_id is not None:
        transact(actions.sign_out, found.sign_in_id)
    session.clear()
    flash("You have signed out.")
    return redirect(url_for("accounts.sign_in"))


def _form(problem: str = "", status: int = 200) -> Response:
    page = render_template(
        "accounts/sign_in.html",
        data=request.form,
        errors={"_schema": [problem]} if problem else {},
        demo_accounts=_demo_accounts(),
        demo_password=demo.PASSWORD,
    )
    return Response(page, status, content_type="text/html; charset=utf-8")


def _demo_accounts() -> list[Account]:
    """The accounts of the demo system; none in production, whatever is in the database."""
    rt = runtime()
    if not rt.settings.demo:
        return []
    query = (
        sa.select(Account).where(Account.email.endswith(demo.DOMAIN)).order_by(Account.created_at, Account.id)
    )
    with rt.db.read() as db:
        return list(db.scalars(query.limit(20)))
