"""A rule evaluated at the API: states and transitions, nothing stored, wrong input named."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import Base, Database
from tests.support.client import PageClient

pytestmark = pytest.mark.engine("sqlite")
RULE = {"comparison": "above", "threshold": 85, "on_delay": 60, "deadband": 5, "off_delay": 240}


def hour(number: float) -> str:
    return f"2026-11-23T{int(number):02d}:{round(number % 1 * 60):02d}:00+00:00"


def asked(
    rule: dict[str, Any], *points: tuple[float, float | None], now: float, **more: Any
) -> dict[str, Any]:
    samples = [{"at": hour(at), "value": value} for at, value in points]
    return {"rule": rule, "samples": samples, "now": hour(now), **more}


def count_rows(db: Database) -> int:
    with db.read() as session:
        return sum(
            session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        )


def test_fires_after_its_delay_and_clears_after_its_own(commander: PageClient, db: Database) -> None:
    commander.api("POST", "/triggers/evaluate", 200, asked(RULE, now=1))  # the token itself is a row
    before = count_rows(db)
    body = asked(RULE, (1, 80), (2, 86), (4, 81), (5, 80), now=12)
    found = commander.api("POST", "/triggers/evaluate", 200, body)
    told = [(t["kind"], t["at"], t["was"], t["becomes"]) for t in found["transitions"]]
    assert told == [
        ("changed", hour(1), "unknown", "normal"),
        ("changed", hour(2), "normal", "pending"),
        ("fired", hour(3), "pending", "active"),
        ("cleared", hour(9), "active", "normal"),
    ]
    assert (found["state"], found["firing"], found["value"]) == ("normal", False, 80)
    assert count_rows(db) == before


def test_what_has_not_happened_yet_does_not_count(commander: PageClient) -> None:
    found = commander.api("POST", "/triggers/evaluate", 200, asked(RULE, (1, 90), (5, 10), now=1.5))
    assert (found["state"], found["beyond_since"]) == ("pending", hour(1))


def test_stale_stands_and_is_said(commander: PageClient) -> None:
    rule = RULE | {"stale_after": 90}
    found = commander.api("POST", "/triggers/evaluate", 200, asked(rule, (1, 90), now=20))
    assert (found["state"], found["firing"], found["provisional"]) == ("active", True, True)
    never = commander.api("POST", "/triggers/evaluate", 200, asked(rule, (1, 50), now=20))
    assert (never["state"], never["provisional"]) == ("unknown", False)


def test_a_person_sees_and_puts_aside(commander: PageClient) -> None:
    acts = [
        {"at": hour(3), "act": "acknowledge"},
        {"at": hour(4), "act": "shelve", "until": hour(6)},
    ]
    found = commander.api("POST", "/triggers/evaluate", 200, asked(RULE, (1, 90), now=7, acts=acts))
    assert [t["becomes"] for t in found["transitions"]] == [
        "pending", "active", "acknowledged", "shelved", "active",
    ]  # fmt: skip
    shelved = commander.api("POST", "/triggers/evaluate", 200, asked(RULE, (1, 90), now=5, acts=acts))
    assert (shelved["state"], shelved["shelved_until"], shelved["firing"]) == ("shelved", hour(6), True)


def test_a_mean_and_a_trend(commander: PageClient) -> None:
    mean = {"comparison": "at_least", "threshold": 90, "window": "mean", "window_minutes": 240}
    found = commander.api(
        "POST", "/triggers/evaluate", 200, asked(mean, *((h, 80 + 4 * h) for h in range(1, 6)), now=5)
    )
    assert (found["state"], found["value"]) == ("active", 94)
    trend = {"comparison": "at_least", "threshold": 100, "window": "projected", "window_minutes": 240}
    body = asked(trend | {"horizon_minutes": 120}, *((h, 80.0 + 3 * h) for h in range(1, 6)), now=5)
    assert commander.api("POST", "/triggers/evaluate", 200, body)["value"] == 101


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rule": {"comparison": "over", "threshold": 1}}, "rule.comparison"),
        ({"rule": {"comparison": "above"}}, "rule.threshold"),
        ({"rule": RULE | {"on_delay": -1}}, "rule.on_delay"),
        ({"rule": RULE | {"window": "mean"}}, "rule.window_minutes"),
        ({"rule": RULE | {"window": "projected", "window_minutes": 60}}, "rule.horizon_minutes"),
        ({"rule": RULE | {"dead_band": 1}}, "rule.dead_band"),
        ({"samples": [{"at": "2026-11-23T01:00:00", "value": 1}]}, "samples.0.at"),
        ({"samples": [{"at": hour(1), "value": "much"}]}, "samples.0.value"),
        ({"acts": [{"at": hour(1), "act": "shelve"}]}, "acts.0.until"),
        ({"now": "soon"}, "now"),
    ],
)
def test_wrong_input_names_its_field(commander: PageClient, change: dict[str, Any], field: str) -> None:
    errors = commander.api("POST", "/triggers/evaluate", 422, asked(RULE, (1, 90), now=2) | change)["errors"]
    assert field in errors, errors
