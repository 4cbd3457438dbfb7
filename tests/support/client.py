"""A test client that is signed in, keeps CSRF in order, and checks every page it opens like a linter."""

from __future__ import annotations

from collections import Counter
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import actions
from app.core.actor import Actor
from app.core.ids import digest, new_secret

LABELLED = ("input", "select", "textarea")
NEEDS_NO_LABEL = ("hidden", "submit", "button", "image", "reset")


class PageClient:
    """`get` and `post` pages as one person; `api` speaks JSON with that person's token."""

    def __init__(self, app: Flask, actor: Actor | None = None) -> None:
        self.app = app
        self.actor = actor
        self.http: FlaskClient = app.test_client()
        self._token: str | None = None
        if actor is not None:
            self._sign_in(actor)

    def get(self, url: str, status: int = 200, **kwargs: Any) -> TestResponse:
        response = self.http.get(url, **kwargs)
        assert response.status_code == status, f"GET {url}: {response.status_code} {response.text[:600]}"
        if response.mimetype == "text/html" and status == 200:
            lint(response.text, url)
        return response

    def post(
        self, url: str, data: dict[str, Any] | None = None, status: int = 302, **kwargs: Any
    ) -> TestResponse:
        """Post a form with a good CSRF token."""
        form = {"csrf_token": self._csrf_token(), **(data or {})}
        response = self.http.post(url, data=form, **kwargs)
        assert response.status_code == status, f"POST {url}: {response.status_code} {response.text[:600]}"
        if response.mimetype == "text/html" and status != 302:
            lint(response.text, url)
        return response

    def api(self, method: str, url: str, status: int, json: Any = None, **headers: str) -> Any:
        """Call /api/v1 + url with a token; `_` in header names stands for `-`. Returns the JSON answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.http.open(
            f"/api/v1{url}",
            method=method,
            json=json,
            headers={"Authorization": f"Bearer {self.token}", **named},
        )
        assert response.status_code == status, f"{method} {url}: {response.status_code} {response.text[:800]}"
        return response.get_json()

    @property
    def token(self) -> str:
        if self._token is None:
            assert self.actor is not None
            self._token = self.app.extensions["muster"].db.transact(_token, self.actor)
        return self._token

    def _sign_in(self, actor: Actor) -> None:
        secret = self.app.extensions["muster"].db.transact(_sign_in, actor)
        with self.http.session_transaction() as session:
            session["sign_in"] = secret

    def _csrf_token(self) -> str:
        """Flask-WTF keeps a raw token in the session and wants it signed in the form."""
        from flask_wtf.csrf import generate_csrf

        with self.http.session_transaction() as session:
            raw = session.setdefault("csrf_token", new_secret())
        with self.app.app_context(), self.app.test_request_context():
            from flask import session as request_session

            request_session["csrf_token"] = raw
            return generate_csrf()


def _token(uow: Any, actor: Actor) -> str:
    from app.accounts.models import Account

    account = uow.session.get(Account, actor.id)
    return actions.create_token(uow, actor, email=account.email, name="tests")


def _sign_in(uow: Any, actor: Actor) -> str:
    from datetime import timedelta

    from app.accounts.models import SignIn

    secret = new_secret()
    uow.session.add(
        SignIn(
            id=uow.new_id(),
            account_id=actor.id,
            secret_digest=digest(secret),
            created_at=uow.now,
            last_seen_at=uow.now,
            expires_at=uow.now + timedelta(hours=12),
            user_agent="tests",
        )
    )
    return secret


def lint(html: str, url: str) -> None:
    """Title, one h1, unique ids, labelled fields, form actions, CSRF, nothing inline, link texts."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    problems = [
        *_heading_problems(tree),
        *_id_problems(tree),
        *_form_problems(tree),
        *_inline_problems(tree),
        *(f"empty link {e.get('href')}" for e in tree.iter("a") if not _text(e) and not e.get("aria-label")),
        *(f"image without alt {e.get('src')}" for e in tree.iter("img") if e.get("alt") is None),
    ]
    assert not problems, f"{url}: " + "; ".join(problems)


def _heading_problems(tree: Element) -> list[str]:
    title = tree.find(".//title")
    headings = [_text(e) for e in tree.iter("h1")]
    problems = [] if len(headings) == 1 else [f"{len(headings)} h1 headings"]
    if title is None or not (title.text or "").strip():
        problems.append("no title")
    elif headings and headings[0] not in " ".join((title.text or "").split()):
        problems.append(f"title {title.text!r} does not contain the heading {headings[0]!r}")
    root_language = tree.get("lang")
    return problems if root_language else [*problems, "html has no lang"]


def _id_problems(tree: Element) -> list[str]:
    ids = Counter(e.get("id") for e in tree.iter() if e.get("id"))
    problems = [f"id {i!r} stands {n} times" for i, n in ids.items() if n > 1]
    for element in tree.iter():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for wanted in (element.get(attribute) or "").split():
                if wanted not in ids:
                    problems.append(f"{attribute}={wanted!r} points nowhere")
    return problems


def _form_problems(tree: Element) -> list[str]:
    labels = {e.get("for") for e in tree.iter("label")}
    wrapped = {id(field) for label in tree.iter("label") for field in label.iter() if field.tag in LABELLED}
    problems = []
    for field in (e for e in tree.iter() if e.tag in LABELLED):
        if field.tag == "input" and field.get("type") in NEEDS_NO_LABEL:
            continue
        named = field.get("aria-label") or field.get("aria-labelledby")
        if not named and field.get("id") not in labels and id(field) not in wrapped:
            problems.append(f"{field.tag} {field.get('name')!r} has no label")
    for form in tree.iter("form"):
        if form.get("action") is None:
            problems.append("form without action")
        fields = {e.get("name") for e in form.iter("input")}
        if (form.get("method") or "get").lower() == "post" and "csrf_token" not in fields:
            problems.append(f"form {form.get('action')} has no csrf_token")
    return problems


def _inline_problems(tree: Element) -> list[str]:
    problems = ["inline script" for e in tree.iter("script") if not e.get("src") and _text(e)]
    problems += ["inline style element" for _ in tree.iter("style")]
    for element in tree.iter():
        problems += [
            f"attribute {a} on {element.tag}" for a in element.attrib if a == "style" or a.startswith("on")
        ]
    return problems


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
