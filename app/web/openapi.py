"""The description of the API: problems, permissions and Idempotency-Key on top of what the schemas say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from flask import Flask

from app.accounts.access import Access, access_of

INTRODUCTION = (
    "Hospital incident command and surge capacity. Programs send `Authorization: Bearer TOKEN`; people make "
    "tokens under Your API tokens, narrowed to what the program needs. Times are ISO 8601 with a zone. Lists "
    "are pages: ask again with `cursor` set to `next` until `next` is null. Trouble is answered as an RFC "
    "9457 problem that names the failing fields."
)
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `errors` names each failing field; quote `request_id` when you ask for help.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail", "request_id"],
    "additionalProperties": False,
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Up to 200 characters of your choice. The same key with the same body is done once, and "
    "answered alike each time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_CONVERTER = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
_UNUSED = ("Error", "PaginationMetadata")


def completed(bare: dict[str, Any], app: Flask) -> dict[str, Any]:
    """The document that the schemas give, completed by what holds for every operation."""
    document = deepcopy(bare)
    document["info"]["description"] = INTRODUCTION
    components = document["components"]
    for name in _UNUSED:
        components["schemas"].pop(name, None)
    components["schemas"]["Problem"] = PROBLEM
    components["parameters"] = components.get("parameters", {}) | {"IdempotencyKey": IDEMPOTENCY_KEY}
    components["responses"] = {"Problem": _problem_response()}
    for tag in document.get("tags", []):
        tag["name"] = _tag(tag["name"])
    marks = dict(_marks(app))
    for path, method, operation in operations(document):
        _complete(operation, method, marks.get((path, method)))
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each (path, method in lower case, operation)."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _complete(operation: dict[str, Any], method: str, access: Access | None) -> None:
    operation["tags"] = [_tag(tag) for tag in operation.get("tags", [])]
    answers = operation["responses"]
    operation["responses"] = {code: answers[code] for code in answers if code.startswith(("2", "3"))}
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    if method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    if access is not None and access.public:
        operation["security"] = []
    if access is not None and access.permission is not None:
        operation["x-permission"] = access.permission.value
        words = f"Needs the permission {access.permission.value}: {access.permission.text.lower()}."
        operation["description"] = " ".join(filter(None, [operation.get("description"), words]))


def _marks(app: Flask) -> Iterator[tuple[tuple[str, str], Access]]:
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        for method in rule.methods or ():
            if access is not None:
                yield (_CONVERTER.sub(r"{\1}", rule.rule), method.lower()), access


def _problem_response() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "What is wrong", "content": {"application/problem+json": {"schema": schema}}}


def _tag(name: str) -> str:
    return name.removeprefix("api_")
