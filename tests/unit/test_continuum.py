"""The four S: the worst of them is the level; up by any step, into crisis only by a person, down one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.core.errors import Conflict, Invalid, MusterError
from app.surge import packs
from app.surge.continuum import (
    QUIET,
    RESOURCES,
    Decision,
    Held,
    Sign,
    drivers,
    into_crisis,
    lower,
    overall,
    put,
    require_own_step,
    rise,
)
from app.surge.levels import BANDS, CRISIS, Ladder, ladder_errors, read_levels, worst, write_levels

SHIPPED = packs.levels()
NAME = "Ada Quill"
SPARSE = Ladder(
    3,
    (
        *(each for each in SHIPPED if each.rank not in (1, 3)),
        replace(SHIPPED[5], rank=8, slug="two", label="Crisis care II"),
    ),
)


def held(rank: int, **bands: str) -> Held:
    level = SHIPPED[rank]
    return Held(rank, level.label, level.band, {**QUIET, **bands})


def after(now: Held, decision: Decision) -> Held:
    level = decision.level
    bands = {**now.bands, **decision.bands}
    return Held(level.rank, level.label, level.band, bands) if level else replace(now, bands=bands)


STAFF = Sign("staff", 2, "Nurses short")
SPACE = Sign("space", 3, "Intensive care full")


@pytest.mark.parametrize(
    ("rank", "signs", "named", "driving", "assumed"),
    [
        (1, [], (), (), False),
        (3, [SPACE], (), ("space",), False),
        (3, [SPACE, STAFF], (), ("staff", "space"), False),
        (2, [SPACE], ("stuff",), ("stuff",), False),
        (2, [], (), ("space",), True),
        (3, [replace(STAFF, aside=True), SPACE], (), ("space",), False),
    ],
)
def test_what_drives_a_higher_level(
    rank: int, signs: list[Sign], named: tuple[str, ...], driving: tuple[str, ...], assumed: bool
) -> None:
    decision = rise(Held(), SHIPPED, rank, signs, named)
    assert (decision.drivers, decision.assumed) == (driving, assumed)
    assert set(decision.bands) == set(driving)


def test_crisis_takes_one_named_s_alone_and_the_persons_name() -> None:
    now = held(3, space="contingency", staff="contingency")
    for named in ((), ("staff", "space")):
        with pytest.raises(Invalid, match="name the one"):
            rise(now, SHIPPED, 5, [replace(SPACE, rank=5)], named)
    decision = rise(now, SHIPPED, 5, [], ("staff",))
    assert decision.bands == {"staff": CRISIS}
    assert into_crisis(now, decision)
    assert into_crisis(now, put(now, SHIPPED, "stuff", CRISIS, [], []))
    assert not into_crisis(Held(), rise(Held(), SHIPPED, 4, [], ()))
    require_own_step(NAME, " ada  QUILL", declares=False)
    with pytest.raises(Invalid, match="type your name"):
        require_own_step(NAME, "Ada", declares=False)
    with pytest.raises(Invalid, match="by itself"):
        require_own_step(NAME, NAME, declares=True)


def test_down_is_barred_by_what_is_stale_and_what_stands_and_says_which() -> None:
    now = held(3, space="contingency")
    with pytest.raises(Conflict, match="Four West"):
        lower(now, SHIPPED, 2, [], ["Four West"])
    with pytest.raises(Conflict, match="Intensive care full"):
        lower(now, SHIPPED, 2, [SPACE], [])
    assert lower(now, SHIPPED, 2, [replace(SPACE, aside=True)], []).despite == ("Intensive care full",)
    for rank in (1, 0, 4):
        with pytest.raises(Invalid, match="one level at a time; next is Surge"):
            lower(now, SHIPPED, rank, [], [])
    assert lower(held(2, space="contingency"), SHIPPED, 1, [], []).bands == {"space": "conventional"}


def test_out_of_crisis_only_when_the_care_put_off_can_start_again() -> None:
    now = held(5, staff=CRISIS, space=CRISIS, stuff="contingency")
    with pytest.raises(Invalid, match="staffed to start again"):
        lower(now, SHIPPED, 4, [], [])
    assert lower(now, SHIPPED, 4, [], [], restart=True).bands == dict.fromkeys(
        ("staff", "space"), "contingency"
    )
    with pytest.raises(Invalid, match="staffed to start again"):
        put(now, SHIPPED, "staff", "contingency", [], [])
    with pytest.raises(Invalid, match="one band at a time"):
        put(now, SHIPPED, "staff", "conventional", [], [], restart=True)


def test_one_s_by_itself_lifts_the_level_but_does_not_drop_it() -> None:
    decision = put(Held(), SHIPPED, "stuff", "contingency", [], [])
    assert decision.level is SHIPPED[2]
    assert decision.drivers == ("stuff",)
    now = held(3, stuff="contingency")
    assert put(now, SHIPPED, "staff", "contingency", [], []).level is None
    with pytest.raises(Conflict, match="Stuff alone holds the level at Severe surge"):
        put(now, SHIPPED, "stuff", "conventional", [], [])
    both = held(3, stuff="contingency", staff="contingency")
    with pytest.raises(Conflict, match="Nurses short"):
        put(both, SHIPPED, "staff", "conventional", [STAFF], [])
    assert put(both, SHIPPED, "stuff", "conventional", [STAFF], []).level is None


def test_what_is_not_known_makes_it_provisional_and_what_is_aside_asks_for_nothing() -> None:
    now = held(2, space="contingency")
    seen = overall(now, [SPACE, replace(STAFF, aside=True)], {"space": []}, ["space"], SHIPPED)
    assert (seen.band, seen.drivers, seen.provisional) == ("contingency", ("space",), False)
    asks = {side.resource: side.asks for side in seen.sides}
    assert asks == {**QUIET, "space": "contingency"}
    assert [side.resource for side in seen.sides if side.watched] == ["space"]
    for signs, stale in (([replace(SPACE, fresh=False)], {}), ([], {"staff": ["Four West"]})):
        assert overall(now, signs, stale, [], SHIPPED).provisional


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found[:5], "must be crisis"),
        (lambda found: found[1:], "cannot be removed or moved"),
        (lambda found: [*found, found[2]], "another level stands there"),
        (lambda found: [*found, replace(found[2], rank=7, label="More")], "cannot be contingency"),
        (lambda found: [*found, replace(found[5], rank=7)], "has this name already"),
        (lambda found: [replace(found[0], band="contingency"), *found[1:]], "the lowest level"),
    ],
)
def test_levels_that_do_not_hold_together(change: Callable[[list[object]], list[object]], said: str) -> None:
    assert said in " ".join(ladder_errors(change(list(SHIPPED))).values())  # type: ignore[arg-type]


def test_levels_with_gaps_keep_their_ranks_and_their_order() -> None:
    assert ladder_errors(SPARSE.levels) == {}
    assert read_levels(write_levels(SPARSE.levels)) == SPARSE.levels
    assert SPARSE.ranks == [0, 2, 4, 5, 8]
    below = SPARSE.below(4)
    assert below is not None
    assert below.rank == 2
    assert SPARSE[3].rank == 2, "for one that is gone, the next lower"


sides, ranks = st.sampled_from(RESOURCES), st.sampled_from(SPARSE.ranks)


class Hospital(RuleBasedStateMachine):
    """Triggers fire, numbers go stale, people decide; a refused decision changes nothing."""

    @initialize(sparse=st.booleans())
    def begin(self, sparse: bool) -> None:
        self.ladder = SPARSE if sparse else SHIPPED
        self.held, self.signs, self.stale = Held(), [], set()
        self.signed: set[str] = set()

    def decide(self, decision: Decision, name: str) -> None:
        now = self.held
        if into_crisis(now, decision):
            require_own_step(NAME, name, declares=False)
            assert len(decision.bands) <= 1, "into crisis goes one S, with nothing else"
            self.signed |= set(decision.bands)
        self.held = after(now, decision)
        if self.held.rank < now.rank:
            below = self.ladder.below(now.rank)
            assert below is not None
            assert self.held.rank == below.rank, "down by one"
            assert not self.stale, "down with everything known"
            assert not any(s.rank > self.held.rank and not s.aside for s in self.signs)
        for s in RESOURCES:
            lowered = BANDS.index(now.bands[s]) - BANDS.index(self.held.bands[s])
            assert lowered <= 1
            assert lowered < 1 or s not in self.stale

    def attempt(self, work: Callable[[], Decision], name: str) -> None:
        before = self.held
        try:
            self.decide(work(), name)
        except MusterError:
            assert self.held == before

    @rule(s=sides, rank=ranks, fresh=st.booleans(), aside=st.booleans())
    def fires(self, s: str, rank: int, fresh: bool, aside: bool) -> None:
        self.signs.append(Sign(s, rank, f"{s} {rank}", fresh, aside))

    @rule()
    def all_clear(self) -> None:
        self.signs, self.stale = [], set()

    @rule(s=sides)
    def goes_stale(self, s: str) -> None:
        self.stale.add(s)

    @rule(rank=ranks, named=st.sets(sides, max_size=2), name=st.sampled_from([NAME, ""]))
    def goes_up(self, rank: int, named: set[str], name: str) -> None:
        if rank in self.ladder and rank > self.held.rank:
            self.attempt(lambda: rise(self.held, self.ladder, rank, self.signs, named), name)

    @rule(rank=st.one_of(st.none(), ranks), restart=st.booleans())
    def goes_down(self, rank: int | None, restart: bool) -> None:
        below = self.ladder.below(self.held.rank)
        to = below.rank if rank is None and below else rank or 0
        stale = sorted(self.stale)
        self.attempt(lambda: lower(self.held, self.ladder, to, self.signs, stale, restart=restart), "")

    @rule(s=sides, band=st.sampled_from(BANDS), name=st.sampled_from([NAME, ""]), restart=st.booleans())
    def moves_one(self, s: str, band: str, name: str, restart: bool) -> None:
        stale = [s] if s in self.stale else []
        self.attempt(lambda: put(self.held, self.ladder, s, band, self.signs, stale, restart=restart), name)

    @invariant()
    def the_level_is_the_worst_of_the_four(self) -> None:
        if hasattr(self, "held"):
            assert self.held.band == worst(self.held.bands.values())
            assert self.held.band == self.ladder[self.held.rank].band
            assert (drivers(self.held.bands) == ()) == (self.held.band == "conventional")

    @invariant()
    def nothing_is_in_crisis_but_by_a_persons_name(self) -> None:
        if hasattr(self, "held"):
            assert {s for s in RESOURCES if self.held.bands[s] == CRISIS} <= self.signed


Hospital.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None, database=None)
TestHospital = Hospital.TestCase
