"""One fold draws the board live, catches a browser up from anywhere, and replays any past entry."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.board.boards import Boards
from app.board.cards import CARDS, Drawn
from app.board.picture import Picture, apply, fold
from app.core.actor import Actor
from app.core.errors import MusterError
from app.incidents import actions
from app.incidents.actions.record import take
from app.incidents.models import Incident, Task
from app.journal import entries, head_seq
from app.surge import actions as surge
from app.surge.continuum import RESOURCES
from app.surge.levels import BANDS
from tests.support.hospital import Hospital
from tests.support.sockets import Shown

POSITIONS = (
    "incident_commander",
    "operations_section_chief",
    "medical_care_branch_director",
    "logistics_section_chief",
    "safety_officer",
    "finance_admin_section_chief",
)
TEXTS = ("Check the doors", "<b>é \U0001f600")
LEVELS = ("monitoring", "limited", "partial", "full")

number = st.integers(0, 7)
step = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(POSITIONS), number),
    st.tuples(st.just("relieve"), st.sampled_from(POSITIONS), number),
    st.tuples(st.just("open"), st.sampled_from(POSITIONS), number),
    st.tuples(st.just("level"), st.sampled_from(LEVELS), number),
    st.tuples(st.sampled_from(["surge", "drives"]), st.sampled_from(BANDS), number),
    st.tuples(st.sampled_from(["finish", "set_aside", "reopen", "overdue"]), st.just(""), number),
    st.tuples(
        st.sampled_from(["add", "note"]), st.sampled_from(["Check the doors", "<b>é \U0001f600"]), number
    ),
)


def perform(
    uow: Any, hospital: Hospital, incident: Incident, tasks: list[str], what: tuple[str, str, int]
) -> None:
    """One step, as a person or the engine would do it."""
    name, text, index = what
    who, task = hospital.commander, tasks[index]
    person = hospital.people[index].id
    if name == "assign":
        actions.assign(uow, who, incident.id, position=text, person_id=person)
    elif name == "relieve":
        actions.relieve(uow, who, incident.id, position=text, reason="End of shift")
    elif name == "open":
        actions.open_position(uow, who, incident.id, slug=text)
    elif name == "level":
        actions.change_level(uow, who, incident.id, activation_level=text, reason="More hurt")
    elif name == "surge":
        surge.set_level(
            uow,
            who,
            hospital.facility.id,
            rank=index % 6,
            reason="Huddle",
            resources=["staff"],
            name=who.name,
            incident_id=incident.id if text == "crisis" else None,
        )
    elif name == "drives":
        surge.set_band(
            uow,
            who,
            hospital.facility.id,
            resource=RESOURCES[index % 4],
            band=text,
            reason="Huddle",
            name=who.name,
        )
    elif name == "finish":
        actions.finish_task(uow, who, incident.id, task, note="" if index % 2 else "All clear")
    elif name == "set_aside":
        actions.set_aside_task(uow, who, incident.id, task, reason="Not here")
    elif name == "reopen":
        actions.reopen_task(uow, who, incident.id, task)
    elif name == "overdue":
        taken = take(uow, Actor.system("engine"), None, incident.id)
        actions.mark_overdue(
            uow, Actor.system("engine"), taken, uow.session.get_one(Task, task), late_seconds=3
        )
    elif name == "add":
        actions.add_task(uow, who, incident.id, position="incident_commander", text=text)
    else:
        actions.note(uow, who, incident.id, text=text)


def declared(act: Any, hospital: Hospital) -> tuple[Incident, list[str]]:
    """An incident, and its first tasks."""
    incident = act(
        actions.declare,
        hospital.commander,
        guide="tornado",
        facility_id=hospital.facility.id,
        exercise=False,
        activation_level="partial",
        reason="Warning for the county",
    )
    tasks = act(lambda uow: sorted(t.id for t in uow.session.query(Task).filter_by(incident_id=incident.id)))
    return incident, tasks


def journal_of(cards: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """The cards that are drawn from the journal alone."""
    return {id: drawn for id, drawn in cards.items() if CARDS[id].outside is None}


@pytest.mark.engine("sqlite")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=st.lists(step, max_size=12), closes=st.booleans())
def test_pushes_catch_up_and_replay_all_draw_the_same_board(
    app: Any, db: Any, act: Any, clock: Any, hospital: Hospital, steps: list[Any], closes: bool
) -> None:
    incident, tasks = declared(act, hospital)
    boards = Boards(db, clock)
    shown = Shown()
    assert shown.take(boards.catch_up(incident.id, 0))
    seen_at = {shown.known: dict(shown.cards)}
    for what in steps:
        clock.advance(seconds=20)
        try:
            act(perform, hospital, incident, tasks, what)
        except MusterError:
            continue  # a conflict changes nothing, and the board must not either
        assert shown.take(boards.growth(incident.id, shown.known))
        seen_at[shown.known] = dict(shown.cards)
    if closes:
        act(actions.close, hospital.commander, incident.id, reason="All clear")
        shown.take(boards.growth(incident.id, shown.known))
        seen_at[shown.known] = dict(shown.cards)

    whole = Shown()
    whole.take(Boards(db, clock).catch_up(incident.id, 0))
    assert journal_of(shown.cards) == journal_of(whole.cards), "what was pushed is what is drawn anew"
    for seq, cards in seen_at.items():
        past = {
            c["id"]: (c["version"], c["html"])
            for c in Drawn().changed(boards.pictures.at(incident.id, seq), 0)
        }
        assert past == journal_of(cards), "a replay shows what was shown then"
        late = Shown(known=seq, cards=dict(cards))
        assert late.take(boards.catch_up(incident.id, seq))
        assert journal_of(late.cards) == journal_of(whole.cards), "caught up from then"


@pytest.mark.engine("sqlite")
def test_the_picture_at_each_entry_is_the_fold_up_to_it(app, db, act, clock, hospital: Hospital) -> None:
    incident, tasks = declared(act, hospital)
    for index, name in enumerate(("finish", "reopen", "finish", "overdue")):
        clock.advance(minutes=1)
        act(perform, hospital, incident, tasks, (name, "", index // 3))
    boards = Boards(db, clock)
    with db.read() as session:
        all_entries = list(entries(session, incident.stream))
        last = head_seq(session, incident.stream)
    picture = Picture()
    for entry in all_entries:
        apply(picture, entry)
        assert boards.pictures.at(incident.id, entry.seq).plain() == picture.plain()
    assert boards.pictures.at(incident.id, clock.now()).seq == last
    assert boards.pictures.at(incident.id, last + 100).plain() == picture.plain()
    again = fold(all_entries[:10])
    kept = copy.deepcopy(again.plain())
    assert fold(all_entries[10:], again).plain() == picture.plain() != kept
