"""Every route says who may open it, and means it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.web.route_table import SAFE, routes, table
from tests.guards.tree import ROOT
from tests.support.client import PageClient
from tests.support.hospital import Hospital

pytestmark = pytest.mark.engine("sqlite")
UUID = "0192f000-0000-7000-8000-000000000000"


def url(rule: Rule) -> str:
    """The rule with something in each place."""
    path = re.sub(r"<uuid:[^>]+>", UUID, rule.rule)
    path = re.sub(r"<int[^>]*:[^>]+>", "1", path)
    return re.sub(r"<[^>]+>", "nothing", path)


def test_every_route_has_a_mark(app: Flask) -> None:
    assert [rule.rule for rule, access in routes(app) if access is None] == []


def test_every_public_route_says_why(app: Flask) -> None:
    assert [rule.rule for rule, access in routes(app) if access.public and len(access.why) < 10] == []


def test_only_what_has_a_signature_of_its_own_does_without_a_csrf_token(app: Flask) -> None:
    unchecked = [rule.rule for rule, access in routes(app) if not access.checks_csrf]
    assert [rule for rule in unchecked if not rule.startswith("/webhooks/")] == []


def test_the_table_of_routes_is_up_to_date(app: Flask) -> None:
    """Write it again with: flask --app wsgi docs routes > docs/routes.md"""
    assert (ROOT / "docs" / "routes.md").read_text(encoding="utf-8") == table(app)


def test_every_post_refuses_a_form_without_its_token(app: Flask, hospital: Hospital) -> None:
    client = PageClient(app, hospital.administrator)
    for rule, access in routes(app):
        for method in (rule.methods or set()) - SAFE:
            if access.checks_csrf:
                response = client.http.open(url(rule), method=method, data={"a": "b"})
                assert response.status_code == 400, f"{method} {rule.rule}: {response.status_code}"
                assert "CSRF" in response.text, f"{method} {rule.rule}: {response.text[:300]}"


def test_somebody_unknown_opens_nothing_that_is_not_public(app: Flask, client: PageClient) -> None:
    for rule, access in routes(app):
        if "GET" in (rule.methods or set()) and not access.public:
            response = client.http.get(url(rule))
            asked = response.status_code == 401 or response.location == "/sign-in"
            assert asked, f"{rule.rule}: {response.status_code}"


def test_a_token_without_any_scope_that_helps_opens_nothing(app: Flask, hospital: Hospital) -> None:
    """A key for one thing is refused everywhere else, by the route already."""
    owner = PageClient(app, hospital.administrator)
    page = owner.post("/account/tokens", {"name": "One thing", "scopes": "callout.answer"}, 201).text
    headers = {"Authorization": "Bearer " + re.search(r"mst_[\w-]+", page)[0]}  # type: ignore[index]
    client = app.test_client()
    for rule, access in routes(app):
        if access.permission is None or access.permission == "callout.answer":
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            response = client.open(url(rule), method=method, headers=headers)
            assert response.status_code == 403, f"{method} {rule.rule}: {response.status_code}"
