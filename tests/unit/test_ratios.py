"""Which ratio holds for a unit: dated sets, a unit's own, waivers with an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.packs import PackError
from app.facilities import ratios
from app.facilities.ratios import Waiver, in_force, in_order, ratio_for, read_ratios
from app.facilities.unit_classes import UNIT_CLASSES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALIFORNIA = ratios.sets()["california_title_22"]
PACK = ratios.DATA / "california_title_22.toml"


def waiver(patients: int = 3, days: int = 30, unit_class: str = "icu") -> Waiver:
    ends = NOW + timedelta(days=days)
    return Waiver(unit_class, patients, NOW - timedelta(days=1), ends, "Gita Lund", "State order")


def test_the_shipped_set_has_every_class_of_unit_and_the_figures_of_the_regulation() -> None:
    assert {name: CALIFORNIA.of(name) for name in UNIT_CLASSES} == {
        **{"icu": 2, "stepdown": 3, "telemetry": 4, "med_surg": 5, "ed": 4, "peds": 4, "picu": 2, "nicu": 2},
        **{"obstetrics": 4, "psych": 6, "rehab": 5, "perioperative": 2, "observation": 4},
    }


@pytest.mark.parametrize(
    ("own", "chosen", "waivers", "patients", "words"),
    [
        (None, CALIFORNIA, [], 2, "in force since 2008-03-14"),
        (1, CALIFORNIA, [], 1, "stricter than the 2"),
        (4, CALIFORNIA, [], 2, "California"),
        (2, CALIFORNIA, [waiver()], 3, "waived by Gita Lund until 2026-12-23 (State order)"),
        (1, CALIFORNIA, [waiver()], 1, "stricter"),
        (2, CALIFORNIA, [waiver(days=0)], 2, "in force"),
        (2, CALIFORNIA, [waiver(unit_class="ed")], 2, "in force"),
        (3, None, [], 3, "the unit's own; no set of ratios is chosen"),
        (None, None, [waiver()], None, "no ratio is known"),
        (3, replace(CALIFORNIA, waived=True), [], 3, "California Title 22 is waived"),
        (3, replace(CALIFORNIA, kinds={}), [], 3, "names none for it"),
    ],
)
def test_the_ratio_of_an_intensive_care_unit(
    own: int | None, chosen: ratios.RatioSet | None, waivers: list[Waiver], patients: int | None, words: str
) -> None:
    found = ratio_for("icu", own, chosen, waivers, NOW)
    assert found.patients == patients
    assert words in found.words
    assert found.waived == (patients == 3 and chosen is CALIFORNIA)


@given(
    st.sampled_from(UNIT_CLASSES),
    st.none() | st.integers(1, 20),
    st.lists(st.builds(waiver, st.integers(1, 20), st.integers(0, 3), st.sampled_from(UNIT_CLASSES))),
)
def test_only_a_waiver_that_holds_makes_it_gentler_than_the_set(
    unit_class: str, own: int | None, waivers: list[Waiver]
) -> None:
    found = ratio_for(unit_class, own, CALIFORNIA, waivers, NOW)
    legal = CALIFORNIA.of(unit_class)
    assert found.patients is not None
    assert legal is not None
    if found.patients > legal:
        assert any(w.unit_class == unit_class and w.ends_at > NOW for w in waivers)
    if own is not None and own < legal:
        assert found.patients == own


def test_a_text_holds_from_its_day_to_its_last() -> None:
    before = replace(CALIFORNIA, effective_from=date(2004, 1, 1), effective_to=date(2008, 3, 13))
    both = in_order([CALIFORNIA, before])
    assert in_force("california_title_22", date(2008, 3, 13), both) is before
    assert in_force("california_title_22", date(2008, 3, 14), both) is CALIFORNIA
    assert in_force("california_title_22", date(2003, 12, 31), both) is None
    assert in_force("", date(2026, 1, 1), both) is None
    with pytest.raises(PackError, match="two texts hold on 2008-03-14"):
        in_order([CALIFORNIA, replace(before, effective_to=date(2008, 3, 14))])


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (('effective_from = "2008-03-14"', 'effective_from = "soon"'), "effective_from"),
        (("waived = false", 'effective_to = "2001-01-01"\nwaived = false'), "effective_to"),
        (("waived = false", 'waived = "no"'), "waived"),
        (("icu = 2", "icu = 0"), "icu"),
        (("jurisdiction", "jurisdicton"), "jurisdicton"),
        (('rehab = "med_surg"', 'rehab = "ward"'), "unit_classes.rehab"),
        (('rehab = "med_surg"', 'garden = "med_surg"'), "unit_classes.garden"),
    ],
)
def test_a_wrong_pack_says_which_field(tmp_path: Path, change: tuple[str, str], names: str) -> None:
    path = tmp_path / "pack.toml"
    path.write_text(PACK.read_text(encoding="utf-8").replace(*change, 1))
    with pytest.raises(PackError, match=names):
        read_ratios(path)
