"""A test run makes the program two thousand times: what each would compile anew is kept for the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from app.core import db

_BUILDERS: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


class RememberedRule(Rule):
    """A route whose URL builder is compiled once: it depends on the rule's text and defaults alone."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, repr(self.defaults), tuple(self._trace), append_unknown)
        if key not in _BUILDERS:
            _BUILDERS[key] = super()._compile_builder(append_unknown)
        return _BUILDERS[key]


class MemoryCache(BytecodeCache):
    """Compiled templates, by name and checksum of their source."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        found = self.held.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.held[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def remember() -> None:
    Flask.url_rule_class = RememberedRule
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": MemoryCache()}
    db._engine = _with_one_dialect(db._engine)


def _with_one_dialect(make: Callable[..., sa.Engine]) -> Callable[..., sa.Engine]:
    """Statements are compiled for a dialect object: one for all engines of a kind keeps them."""
    first: dict[str, sa.Engine] = {}

    def engine(*args: Any, **options: Any) -> sa.Engine:
        made = make(*args, **options)
        known = first.setdefault(made.dialect.name, made)
        made.dialect, made._compiled_cache = known.dialect, known._compiled_cache
        return made

    return engine
