"""How the census is used, and what lists have corrected in it, stands in the hospital's history."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.census.events import CensusCompared, CensusCorrected, CensusSet
from app.surge import history


def init_app(_app: Flask) -> None:
    history.tells(CensusSet.kind, _set)
    history.tells(CensusCompared.kind, _compared)
    history.tells(CensusCorrected.kind, _corrected)


def _set(data: dict[str, Any]) -> str:
    return f"Census {'is' if data['feeds'] else 'is not'} entered as readings"


def _compared(data: dict[str, Any]) -> str:
    apart = f"{data['ours']} here only, {data['theirs']} there only, {data['elsewhere']} elsewhere"
    return f"Census list of {data['patients']} patients compared: {data['same']} alike, {apart}"


def _corrected(data: dict[str, Any]) -> str:
    who = "by rule" if data["by_rule"] else data["reason"]
    changes = f"{data['ended']} ended, {data['found']} found, {data['moved']} moved, {data['left']} left"
    return f"Census corrected after a list: {changes} ({who})"
