"""Huddles that were held, and what came of worries, stand in the hospital's history."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.huddle.events import HuddleHeld, ItemDone, ItemRaised
from app.surge import history


def init_app(_app: Flask) -> None:
    history.tells(HuddleHeld.kind, _held)
    history.tells(ItemRaised.kind, lambda data: f"Worry: {data['text']} ({data['owner'] or 'nobody yet'})")
    history.tells(ItemDone.kind, lambda data: f"No worry any more: {data['text']}: {data['outcome']}")


def _held(data: dict[str, Any]) -> str:
    missing = f", without the beds of {', '.join(data['without'])}" if data["without"] else ""
    return f"Huddle held over {data['units']} units, {data['open_items']} worries open{missing}"
