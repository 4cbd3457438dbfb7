"""The table of routes: who may open what."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import Rule

from app.accounts.access import Access, access_of

HEAD = """# Routes

Every route and what it asks for. Written by `flask --app wsgi docs routes > docs/routes.md`; a test fails when it is
out of date. A route that says nothing is not served. The action behind a route checks the permission again, at the
hospital concerned.

| route | methods | asks for |
|---|---|---|
"""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def routes(app: Flask) -> list[tuple[Rule, Access | None]]:
    """Every rule with its mark, in order of path and methods."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, methods(rule)))
    return [(rule, access_of(app.view_functions[rule.endpoint])) for rule in rules]


def methods(rule: Rule) -> str:
    return " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def table(app: Flask) -> str:
    lines = [f"| `{rule.rule}` | {methods(rule)} | {_words(access)} |" for rule, access in routes(app)]
    return HEAD + "\n".join(lines) + "\n"


def _words(access: Access | None) -> str:
    if access is None:
        return "not served: it has no mark"
    if access.public:
        unchecked = "" if access.checks_csrf else "; no CSRF token"
        return f"nothing: {access.why}{unchecked}"
    return f"`{access.permission.value}`" if access.permission else "being signed in"
