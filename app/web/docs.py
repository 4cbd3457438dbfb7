"""The API's description, for programs and for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, jsonify, render_template

from app.accounts.access import public
from app.runtime import runtime
from app.web.api import PREFIX, spec
from app.web.openapi import operations

pages = Blueprint("docs", __name__)


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    permission: str | None
    parameters: list[Field]
    body: list[Field]
    status: str
    answer: str
    answer_fields: list[Field]
    curl: str


@pages.get(f"{PREFIX}/openapi.json")
@public("a description of the API; it holds nothing secret")
def openapi() -> Any:
    return jsonify(spec())


@pages.get("/docs")
@public("a description of the API; it holds nothing secret")
def index() -> str:
    document = spec()
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", [])}
    for path, method, operation in operations(document):
        shown = _shown(document, path, method, operation)
        groups.setdefault((operation["tags"] or ["other"])[0], []).append(shown)
    texts = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    groups = {name: found for name, found in sorted(groups.items()) if found}
    return render_template("docs/index.html", document=document, groups=groups, texts=texts)


def _shown(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    common = document["paths"][path].get("parameters", [])
    parameters = [_resolved(document, p) for p in [*common, *operation.get("parameters", [])]]
    body = _schema(document, operation.get("requestBody", {}))
    status, answer = next(
        ((code, _resolved(document, a)) for code, a in operation["responses"].items() if code != "default"),
        ("", {}),
    )
    schema = _schema(document, answer)
    return Operation(
        id=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        permission=operation.get("x-permission"),
        parameters=[_field(p["name"], p["schema"], p) for p in parameters],
        body=_fields(body),
        status=status,
        answer=answer.get("description", ""),
        answer_fields=_fields(schema),
        curl=_curl(document, path, method, body),
    )


def _fields(schema: dict[str, Any]) -> list[Field]:
    needed = schema.get("required", [])
    return [
        _field(name, value, {"required": name in needed})
        for name, value in schema.get("properties", {}).items()
    ]


def _field(name: str, schema: dict[str, Any], about: dict[str, Any]) -> Field:
    where = f" ({about['in']})" if "in" in about else ""
    text = [about.get("description") or schema.get("description") or "", *_limits(schema)]
    return Field(
        name + where, _kind(schema), bool(about.get("required")), "; ".join(part for part in text if part)
    )


def _kind(schema: dict[str, Any]) -> str:
    """The type in words: `text`, `list of IncidentOut`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    named = schema.get("type", "")
    kinds = named if isinstance(named, list) else [named]
    words = []
    for kind in kinds:
        if kind == "array":
            words.append(f"list of {_kind(schema.get('items', {})) or 'anything'}")
        else:
            words.append(str(schema.get("format") or kind) if kind == "string" else str(kind))
    return " or ".join(word for word in words if word)


def _limits(schema: dict[str, Any]) -> list[str]:
    found = []
    if "enum" in schema:
        found.append("one of " + ", ".join(str(value) for value in schema["enum"]))
    if "minimum" in schema or "maximum" in schema:
        found.append(f"{schema.get('minimum', '')} to {schema.get('maximum', '')}")
    if "maxLength" in schema:
        found.append(f"at most {schema['maxLength']} characters")
    if schema.get("default") is not None:
        found.append(f"without it {schema['default']}")
    return found


def _schema(document: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    for content in holder.get("content", {}).values():
        return _resolved(document, content.get("schema", {}))
    return {}


def _resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Follow `$ref`, which always points into this document."""
    while "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _curl(document: dict[str, Any], path: str, method: str, body: dict[str, Any]) -> str:
    lines = [f"curl {runtime().settings.public_url}{path}", '-H "Authorization: Bearer $TOKEN"']
    if method != "get":
        lines.insert(1, f"-X {method.upper()}")
    if body:
        required = {name: _example(document, body["properties"][name]) for name in body.get("required", [])}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(required)}'"]
    return " \\\n  ".join(lines)


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    plain: dict[str, Any] = {"boolean": True, "integer": schema.get("minimum", 1), "number": 1, "array": []}
    formats = {"uuid": "0192f000-0000-7000-8000-000000000000", "date-time": "2026-11-23T14:30:00Z"}
    return plain.get(str(kind), formats.get(schema.get("format", ""), "..."))
