"""How times and numbers read on every page: 24-hour clock, the facility's zone, missing said as missing."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from flask import Flask, g, has_app_context


def shown_zone() -> tzinfo:
    """The zone times are shown in: ``g.zone`` (a zone or its IANA name), else UTC."""
    zone = g.get("zone") if has_app_context() else None
    if zone is None:
        return UTC
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def iso(at: datetime) -> str:
    """ISO 8601 in UTC, for ``datetime`` attributes. Raises ValueError for a time without a zone."""
    return _aware(at).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def clock(at: datetime, seconds: bool = False) -> str:
    """14:32, or 14:32:07 with ``seconds``."""
    return _aware(at).astimezone(shown_zone()).strftime("%H:%M:%S" if seconds else "%H:%M")


def stamp(at: datetime) -> str:
    """23 Nov 2026 14:32."""
    local = _aware(at).astimezone(shown_zone())
    return f"{local.day} {local:%b %Y %H:%M}"


def count(value: float | None) -> str:
    """A number in words a page can show: ``not known`` for None, no decimals that say nothing."""
    if value is None:
        return "not known"
    return f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else f"{value:,}"


def install(app: Flask) -> None:
    """Give the templates the filters iso, clock, stamp and count."""
    for rule in (iso, clock, stamp, count):
        app.jinja_env.filters[rule.__name__] = rule


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return at
