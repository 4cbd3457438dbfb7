"""The running program's parts, made once by create_app and found from anywhere in a request or a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from flask import current_app

from app.core.clock import Clock
from app.core.db import Database, UnitOfWork
from app.core.signing import Signer
from config.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Runtime:
    settings: Settings
    clock: Clock
    db: Database
    signer: Signer
    parts: dict[str, Any] = field(default_factory=dict)
    """What rooms start with the program and must find again: the live board, the carrier, the jobs."""


def runtime() -> Runtime:
    return current_app.extensions["muster"]


def transact(action: Callable[Concatenate[UnitOfWork, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one action in one transaction. Pages, API, webhooks and commands all go through here."""
    return runtime().db.transact(action, *args, **kwargs)
