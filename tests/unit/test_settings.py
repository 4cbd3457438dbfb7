"""Settings say by name what is missing or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import DEMO_SECRET, SettingsError, load

GOOD_SECRET = "x" * 40


def production(tmp_path: Path, **changes: str) -> dict[str, str]:
    key = tmp_path / "key"
    key.write_text("00" * 32)
    return {
        "MUSTER_MODE": "production",
        "MUSTER_DATABASE_URL": "postgresql://u:p@db/muster",
        "MUSTER_PUBLIC_URL": "https://muster.example",
        "MUSTER_SECRET_KEY": GOOD_SECRET,
        "MUSTER_SIGNING_KEY_FILE": str(key),
    } | changes


def test_demo_needs_nothing() -> None:
    settings = load({})
    assert settings.demo
    assert settings.jobs == "inline"
    assert settings.public_url == "http://127.0.0.1:8000"


def test_production_with_everything_starts(tmp_path: Path) -> None:
    settings = load(production(tmp_path))
    assert not settings.demo
    assert settings.secure_cookies
    assert settings.jobs == "inline"
    joined = load(production(tmp_path, MUSTER_REDIS_URL="redis://cache/0"))
    assert (joined.alone, joined.jobs) == (False, "off")


def test_every_missing_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        load({"MUSTER_MODE": "production", "MUSTER_SIGNING_KEY_FILE": "/nowhere/journal.key"})
    for name in ("MUSTER_DATABASE_URL", "MUSTER_PUBLIC_URL", "MUSTER_SECRET_KEY", "MUSTER_SIGNING_KEY_FILE"):
        assert name in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MUSTER_MODE", "staging", "demo, production"),
        ("MUSTER_DATABASE_URL", "mysql://x", "postgresql://"),
        ("MUSTER_REDIS_URL", "http://x", "redis://"),
        ("MUSTER_PUBLIC_URL", "muster.example", "https://"),
        ("MUSTER_SECRET_KEY", "short", "32"),
        ("MUSTER_SECRET_KEY", DEMO_SECRET, "demo"),
        ("MUSTER_MAX_SOCKETS", "many", "whole number"),
        ("MUSTER_MAX_SOCKETS", "0", "from 1"),
        ("MUSTER_JOBS", "sometimes", "inline, off"),
        ("TWILIO_ACCOUNT_SID", "XX1", "start with AC"),
        ("MUSTER_SEGMENT_PRICE", "0.00831", "at most 4 decimals"),
        ("MUSTER_CALL_MINUTE_PRICE", "-1", "such as 0.0083"),
        ("MUSTER_CURRENCY", "dollars", "three letters"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(production(tmp_path, **{name: value}))
    assert name in str(error.value)
    assert expected in str(error.value)


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    twilio = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush", "TWILIO_FROM_NUMBER": "+12025550100"}
    shown = repr(load(production(tmp_path, **twilio)))
    assert GOOD_SECRET not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(("text", "price"), [("0.0083", 83), ("1", 10_000), ("0.01", 100), ("", None)])
def test_prices_are_whole_ten_thousandths(tmp_path: Path, text: str, price: int | None) -> None:
    prices = load(production(tmp_path, MUSTER_SEGMENT_PRICE=text, MUSTER_CURRENCY="EUR")).prices
    assert (prices.segment, prices.minute, prices.currency) == (price, None, "EUR")
