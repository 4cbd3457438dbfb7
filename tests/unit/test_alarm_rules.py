"""Floods, groups, chatter and load of alarms, on exact moments and for any series of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alarms.load import HIGH, MANAGEABLE, TOO_MANY, judged, load, week_of
from app.alarms.rules import (
    CHATTERS,
    FLAPS,
    LIMITS,
    SEVERITIES,
    Alarm,
    floods,
    grouped,
    most_within,
    restless,
    standing,
    weight,
)
from app.alarms.words import parts

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATE = T0 + timedelta(days=2)


def alarm(minute: float, number: int = 0, **more: object) -> Alarm:
    at = T0 + minute * MINUTE
    wanted = {"cause": f"c{number}", "title": f"alarm {number}"} | more
    return Alarm(id=f"{number:05d}", at=at, raised_at=at, **wanted)  # type: ignore[arg-type]


def burst(*minutes: float) -> list[Alarm]:
    return [alarm(minute, number) for number, minute in enumerate(minutes)]


def test_ten_alarms_in_ten_minutes_are_no_flood_and_the_eleventh_makes_one() -> None:
    assert floods(burst(*range(10)), LATE) == ()
    ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    (flood,) = floods(burst(*ten, 9.5), LATE)
    assert (flood.began_at, flood.first.at, flood.peak) == (T0 + 9.5 * MINUTE, T0, 11)
    assert floods(burst(*ten, 10), LATE) == (), "the first counts for ten minutes, and just then no more"


def test_a_flood_lasts_until_fewer_than_five_are_left() -> None:
    """Eleven at once: all leave together. With seven later ones the fifth-last leaving ends it."""
    (flood,) = floods(burst(*[0] * 11), LATE)
    assert flood.ended_at == T0 + 10 * MINUTE
    (flood,) = floods(burst(*[0] * 11, 6, 7, 8, 9, 9.5), LATE)
    assert (flood.ended_at, flood.number, flood.peak) == (T0 + 16 * MINUTE, 16, 16)
    (flood,) = floods(burst(*[0] * 11, 6, 7, 8, 9, 9.5), T0 + 15.9 * MINUTE)
    assert flood.ended_at is None


def test_what_came_first_is_on_top_though_it_was_learned_last() -> None:
    late = Alarm("z", T0 - 5 * MINUTE, T0 + 9 * MINUTE, "icu", "Intensive care full")
    (flood,) = floods([*burst(*[8] * 10), late], LATE)
    assert flood.first.title == "Intensive care full"
    old = Alarm("y", T0 - timedelta(days=9), T0 + 9 * MINUTE, "beds", "Beds tight")
    (flood,) = floods([*burst(*[8] * 10), old], LATE)
    assert flood.first.title == "alarm 0", "what stood for days did not begin this"


@given(st.lists(st.integers(0, 90), max_size=60))
def test_floods_are_what_a_watch_minute_by_minute_sees(minutes: list[int]) -> None:
    found = floods(burst(*minutes), T0 + 200 * MINUTE)
    flooded, seen = False, []
    for now in range(120):
        within = sum(now - 10 < m <= now for m in minutes)
        was = flooded
        flooded = within > 10 or (flooded and within >= 5)
        if flooded != was:
            seen.append(T0 + now * MINUTE)
    assert [moment for f in found for moment in (f.began_at, f.ended_at)] == seen


@given(st.lists(st.integers(0, 60), min_size=11, max_size=40), st.integers(0, 70))
def test_a_flood_that_lasts_is_the_same_seen_from_shortly_before_it_began(
    minutes: list[int], now: int
) -> None:
    """Who follows a flood need not read all history."""
    known = burst(*minutes)
    for flood in floods(known, T0 + now * MINUTE)[-1:]:
        begins = flood.began_at - LIMITS.span
        assert floods([a for a in known if a.raised_at >= begins], T0 + now * MINUTE)[-1] == flood


KINDS = st.fixed_dictionaries(
    {
        "cause": st.sampled_from(["a", "b", "c", "d"]),
        "place": st.sampled_from(["", "icu", "ed"]),
        "resource": st.sampled_from(["", "staff", "space"]),
        "incident": st.sampled_from(["", "i1"]),
        "life_safety": st.booleans(),
        "severity": st.sampled_from(SEVERITIES),
    }
)


@given(st.lists(st.tuples(st.integers(0, 60), KINDS), max_size=25), st.booleans(), st.randoms())
def test_grouping_loses_nothing_and_never_folds_what_concerns_life(
    wanted: list[tuple[int, dict[str, object]]], in_flood: bool, rng: object
) -> None:
    alarms = [alarm(minute, number, **kind) for number, (minute, kind) in enumerate(wanted)]
    groups = grouped(alarms, in_flood=in_flood)
    assert sorted(a.id for g in groups for a in g.all) == [a.id for a in alarms]
    assert not any(a.life_safety for g in groups for a in g.folded)
    for g in groups:
        gravest = max(map(weight, g.all))
        assert gravest == max(map(weight, (g.first, *g.also))), "the gravest is always in sight"
    assert all(g.first.at == min(a.at for a in g.all) for g in groups)
    for cause in {a.cause for a in alarms}:
        assert sum(any(a.cause == cause for a in g.all) for g in groups) == 1
    mixed = list(alarms)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    assert grouped(mixed, in_flood=in_flood) == groups


def test_one_place_and_one_s_are_together_while_near_in_time() -> None:
    icu = [alarm(m, n, place="icu", resource="space") for n, m in enumerate((0, 240, 490))]
    other = alarm(1, 9, place="icu", resource="staff")
    assert [[a.id for a in g.all] for g in grouped([*icu, other])] == [
        [icu[0].id, icu[1].id],
        [other.id],
        [icu[2].id],
    ]
    assert len(grouped([*icu, other], in_flood=True)) == 2


def test_chatter_is_three_changes_within_a_minute_and_flapping_four_within_an_hour() -> None:
    def times(*pairs: tuple[float, float]) -> list[Alarm]:
        return [
            alarm(up, n, cause="x", title="X", cleared_at=T0 + down * MINUTE)
            for n, (up, down) in enumerate(pairs)
        ]

    assert restless(times((0, 0.3))) == ()
    (found,) = restless(times((0, 0.3), (0.6, 30)))
    assert (found.kind, found.changes, found.alarms) == (CHATTERS, 3, 2)
    (found,) = restless(times((0, 0.5), (1, 30)))
    assert found.kind == FLAPS, "a minute after the first is outside the minute"
    (found,) = restless(times((0, 10), (30, 50)))
    assert (found.kind, found.changes) == (FLAPS, 4)
    assert restless(times((0, 10), (30, 61))) == ()


@given(st.lists(st.integers(0, 100), max_size=30), st.integers(1, 30))
def test_the_most_within_a_stretch_is_what_counting_each_gives(minutes: list[int], span: int) -> None:
    moments = sorted(T0 + m * MINUTE for m in minutes)
    counted = [sum(a <= m < a + span * MINUTE for m in moments) for a in moments]
    assert most_within(moments, span * MINUTE) == max(counted, default=0)


def test_what_stands_for_a_day_is_old_and_what_cleared_is_not() -> None:
    day = LIMITS.standing
    old, young = alarm(0, 1), alarm(1, 2)
    gone = alarm(0, 3, cleared_at=T0 + MINUTE)
    assert standing([young, gone, old], T0 + day) == ()
    assert standing([young, gone, old], T0 + day + MINUTE) == (old,)


def test_a_flood_in_words_by_kind_of_resource() -> None:
    mine = [alarm(0, resource="staff", life_safety=True), alarm(0), alarm(0, resource="staff")]
    assert parts(mine) == "staff 2 (1 concerns life), other 1"


def test_load_of_a_week_by_role() -> None:
    begins, ends = week_of(date(2026, 11, 25), "America/New_York")
    assert begins == datetime(2026, 11, 23, 5, tzinfo=UTC), "Monday at midnight on the hospital's clock"
    assert ends - begins == timedelta(days=7)
    long = week_of(date(2026, 11, 1), "America/New_York")
    assert long[1] - long[0] == timedelta(days=7, hours=1), "the clock is put back"
    minute = (begins - T0) / MINUTE
    seen = {"answered_by": "Ada Quill"}
    mine = [
        alarm(minute, 1, role="chief", severity="critical", answered_at=begins + 4 * MINUTE, **seen),
        alarm(minute + 1, 2, role="chief", severity="low", answered_at=begins + 11 * MINUTE, **seen),
        alarm(minute + 2, 3, role="chief", severity="low", shelved_at=begins + 5 * MINUTE),
        alarm(minute + 3, 4, role="nurse", severity="medium", cleared_at=begins + 9 * MINUTE),
        alarm(minute - 5, 5, role="nurse"),
    ]
    found = load(mine, begins, ends, begins + timedelta(days=2), "America/New_York")
    chief, nurse = found.roles
    assert (chief.alarms, chief.answered, chief.median_answer) == (3, 2, 7 * MINUTE)
    assert (chief.shelved, chief.unanswered, chief.peak, chief.floods) == (1, 1, 3, 0)
    assert (nurse.alarms, nurse.answered, nurse.median_answer, nurse.unanswered) == (1, 0, None, 1)
    assert (found.alarms, found.per_day, found.busiest_day) == (4, 2.0, 4)
    assert (found.critical_share, found.quiet_share) == (25.0, 75.0)
    assert {a.id for a in found.standing} == {"00001", "00002", "00003", "00005"}


def test_time_in_flood_is_a_share_of_the_time_that_has_passed() -> None:
    begins, ends = T0, T0 + timedelta(days=7)
    found = load(burst(*[60] * 11), begins, ends, T0 + timedelta(minutes=200), "UTC")
    assert found.flood_share == pytest.approx(10 / 200 * 100)
    empty = load([], begins, ends, LATE, "UTC")
    assert (empty.critical_share, empty.roles, empty.flood_share) == (None, (), 0.0)


@pytest.mark.parametrize(
    ("a_day", "verdict"), [(0, MANAGEABLE), (150, MANAGEABLE), (150.5, HIGH), (299, HIGH), (300, TOO_MANY)]
)
def test_how_many_a_day_are_too_many(a_day: float, verdict: str) -> None:
    assert judged(a_day) == verdict
