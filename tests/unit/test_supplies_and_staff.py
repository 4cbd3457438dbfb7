"""Nurse need, staffed beds, burn rate and oxygen against worked figures."""

from __future__ import annotations

from typing import Any

import pytest

from app.scores import nursing, oxygen
from tests.unit.test_scores import score, why

# Nurses

HOUSE = [
    ("ICU", "icu", 14),
    ("SDU", "stepdown", 10),
    ("Tele", "telemetry", 25),
    ("M/S", "med_surg", 61),
    ("ED", "ed", 33),
    ("Peds", "peds", 9),
]


def units(*rows: tuple[Any, ...], fields: tuple[str, ...] = ("unit", "kind", "census")) -> dict[str, Any]:
    return {"units": [dict(zip(fields, row, strict=True)) for row in rows]}


def test_nurses_are_needed_unit_by_unit_and_never_pooled() -> None:
    result = score("nurse_need", units(*HOUSE))
    assert [reason.adds for reason in result.reasons[:6]] == [7, 4, 7, 13, 9, 3]
    assert result.score == 43
    ratios = nursing.california().patients_per_nurse
    pooled = sum(census / ratios[kind] for _, kind, census in HOUSE)
    assert pooled == pytest.approx(40, abs=1), "the pooled arithmetic, which is wrong"
    assert "triage nurse" in why(result)
    assert "2008-03-14" in why(result)


def test_a_waiver_is_said() -> None:
    assert "waived" not in why(score("nurse_need", units(*HOUSE)))
    assert "waived" in why(score("nurse_need", units(*HOUSE), waived=True))


def test_staffed_beds_are_the_lesser_of_beds_and_nurses_and_no_unit_covers_another() -> None:
    fields = ("unit", "kind", "physical_beds", "nurses", "occupied")
    rows = [("ICU", "icu", 20, 8, 14), ("M/S", "med_surg", 30, 10, 25), ("Tele", "telemetry", 24, 5, 23)]
    result = score("staffed_available", units(*rows, fields=fields))
    assert [reason.value for reason in result.reasons[:3]] == [2, 5, -3]
    assert result.score == 7
    assert "3 patients more than it can care for" in why(result)


# Supplies

BOXES = {"boxes": [120, 112, 101, 95, 84]}


def test_ppe_burn_rate() -> None:
    result = score("ppe", BOXES)
    assert result.reasons[1].value == pytest.approx(9.0)
    assert result.score == 9.33
    shared = score("ppe", BOXES, patients=[40, 42, 45, 44], patients_now=60)
    assert shared.reasons[2].value == pytest.approx(0.2105, abs=0.0001)
    assert shared.score == 6.65


def test_ppe_without_receipts_a_delivery_is_refused_and_with_them_it_is_right() -> None:
    delivered = {"boxes": [120, 112, 151, 145, 134]}
    refused = score("ppe", delivered)
    assert refused.score is None
    assert "Stock rose by 39" in why(refused)
    result = score("ppe", delivered, receipts=[0, 50, 0, 0])
    assert result.reasons[1].value == pytest.approx(9.0)
    assert result.raw == pytest.approx(134 / 9)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"boxes": [120]}, "two days in a row"),
        ({"boxes": []}, "two days in a row"),
        ({"boxes": [120, None, 100, None]}, "two days in a row"),
        ({"boxes": [120, 110, None]}, "last count is not known"),
        ({"boxes": [100, 100]}, "Nothing is used"),
        ({"boxes": list(range(15, 0, -1))}, "At most 14"),
        ({"boxes": [9, 8, 7], "receipts": [1]}, "expected one for each of 2 days"),
        ({"boxes": [9, 8], "patients": [0]}, "no patients"),
    ],
)
def test_ppe_gives_a_reason_when_it_cannot_be_computed(values: dict[str, Any], text: str) -> None:
    result = score("ppe", values)
    assert (result.raw, result.score) == (None, None)
    assert text in why(result)


def test_ppe_skips_days_that_were_not_counted() -> None:
    assert score("ppe", {"boxes": [120, 110, None, 95, 85]}).reasons[1].value == pytest.approx(10)


TANK = {"tank_gallons": 9000, "level_percent": 55, "demand_lpm": 1680}


def test_oxygen_by_tank_and_by_flow() -> None:
    result = score("oxygen", TANK)
    assert result.score == 6.08
    assert result.band is None
    assert "can fail before the tank" in why(result)
    assert score("oxygen", TANK, pipe_lpm=1680).band == "Flow holds"
    assert score("oxygen", TANK, pipe_lpm=1679).band == "Flow limit exceeded"
    # 10,000 cubic feet an hour, never resting, give half: 2,360 litres a minute.
    held = score("oxygen", TANK, vaporizer_cfh=10_000, demand_lpm=2300)
    assert held.band == "Flow holds"
    assert score("oxygen", TANK, vaporizer_cfh=10_000, demand_lpm=2400).band == "Flow limit exceeded"
    switching = score("oxygen", TANK, vaporizer_cfh=10_000, demand_lpm=2400, vaporizer_use="switching")
    assert switching.band == "Flow holds"
    assert score("oxygen", TANK, demand_lpm=0).score is None


def test_oxygen_figures() -> None:
    assert oxygen.litres_per_minute(318) == pytest.approx(150, abs=0.1)
    assert oxygen.continuous(10_000, "single") == 5_000
    assert oxygen.continuous(10_000, "switching") == 7_000
    assert pytest.approx(3_256, abs=1) == 115 * oxygen.LITRES_PER_CUBIC_FOOT
