"""Who may open which route. Deny by default: a route that says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import NotFound as RouteNotFound

from app.accounts import actions, identity
from app.core.actor import Actor
from app.core.errors import Forbidden, NotSignedIn
from app.core.permissions import Permission
from app.runtime import runtime, transact

V = TypeVar("V", bound=Callable[..., Any])
csrf = CSRFProtect()
TOUCH_EVERY = timedelta(minutes=1)
# With a one-time password; pages that are public need no list.
MAY_STILL_OPEN = ("accounts.password", "accounts.change_password")


@dataclass(frozen=True)
class Access:
    """What a route asks for. `permission` None with `public` False means any account that is signed in."""

    permission: Permission | None = None
    public: bool = False
    checks_csrf: bool = True
    keeps_awake: bool = True
    why: str = ""


def requires(permission: Permission, *, keeps_awake: bool = True) -> Callable[[V], V]:
    """The route needs this permission somewhere; the action checks where. `keeps_awake` False: polls do not
    count as use of the session."""
    return _mark(Access(permission, keeps_awake=keeps_awake))


def signed_in(view: V) -> V:
    """Any account may open this."""
    return _mark(Access())(view)


def public(why: str, *, checks_csrf: bool = True) -> Callable[[V], V]:
    """Anyone may open this, for the reason given; what has a signature of its own needs no CSRF token."""
    return _mark(Access(public=True, why=why, checks_csrf=checks_csrf))


def access_of(view: Callable[..., Any]) -> Access | None:
    return getattr(view, "muster_access", None)


def actor() -> Actor:
    """The actor of this request. Raises NotSignedIn when there is none."""
    found = current_identity()
    if found is None:
        raise NotSignedIn("Sign in to go on.")
    return found.actor


def current_identity() -> identity.Identity | None:
    if "identity" not in g:
        g.identity = _identify()
    return g.identity


def init_app(app: Flask) -> None:
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    app.before_request(_guard)


def _mark(access: Access) -> Callable[[V], V]:
    def mark(view: V) -> V:
        view.muster_access = access  # type: ignore[attr-defined]
        return view

    return mark


def _guard() -> Any:
    if request.endpoint is None:
        return None  # no such route: the error handler says so
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise RouteNotFound
    found = current_identity()
    by_token = "Authorization" in request.headers
    if request.method not in ("GET", "HEAD", "OPTIONS") and access.checks_csrf and not by_token:
        csrf.protect()
    if access.public:
        return None
    if found is None:
        raise NotSignedIn("Your token is not known, or no longer valid." if by_token else "Sign in to go on.")
    if access.permission is not None and not found.actor.may(access.permission):
        raise Forbidden(f"{found.actor.name} lacks the permission to {access.permission.text.lower()}.")
    _keep_awake(found, access)
    if found.must_change_password and request.endpoint not in MAY_STILL_OPEN:
        return redirect(url_for("accounts.password"))
    return None


def _identify() -> identity.Identity | None:
    rt = runtime()
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        with rt.db.read() as db:
            return identity.by_token(db, token.strip(), rt.clock.now())
    secret = session.get("sign_in")
    if not isinstance(secret, str):
        return None
    idle = timedelta(minutes=rt.settings.session_idle_minutes)
    with rt.db.read() as db:
        return identity.by_sign_in(db, secret, rt.clock.now(), idle)


def _keep_awake(found: identity.Identity, access: Access) -> None:
    seen, now = found.last_seen_at, runtime().clock.now()
    if not access.keeps_awake or (seen is not None and now - seen < TOUCH_EVERY):
        return
    if found.sign_in_id is not None:
        transact(actions.touch, found.sign_in_id)
    elif found.token_id is not None:
        transact(actions.touch_token, found.token_id)
