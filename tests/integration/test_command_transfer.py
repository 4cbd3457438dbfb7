"""Transfer of command as a state machine: whatever people do in whatever order, one person commands."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.actions import create_account
from app.accounts.identity import actor_of
from app.core.actor import Actor
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Invalid, MusterError
from app.core.permissions import Role
from app.incidents import actions, queries
from app.incidents.models import Incident
from app.journal import entries
from tests.integration.test_incident_actions import _at_once
from tests.support.checks import assert_fold_matches
from tests.support.hospital import PASSWORD, Hospital
from tests.support.incidents import declared

# By place in the list of actors below: the first three may command, the others may not.
ABLE = (0, 1, 2)
ALL = range(5)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["offer", "accept", "decline", "withdraw", "take_over"]),
        st.sampled_from(ALL),
        st.sampled_from(ALL),
    ),
    max_size=14,
)


@dataclass
class Model:
    commander: int = 0
    offered_to: int | None = None

    def step(self, what: str, by: int, to: int) -> type[MusterError] | None:
        """What must be raised; None when the step is done."""
        return getattr(self, what)(by, to)

    def offer(self, by: int, to: int) -> type[MusterError] | None:
        if by not in ABLE:
            return Forbidden
        if by != self.commander or self.offered_to is not None:
            return Conflict
        if to not in ABLE or to == by:
            return Invalid
        self.offered_to = to
        return None

    def accept(self, by: int, _to: int) -> type[MusterError] | None:
        if by not in ABLE:
            return Forbidden
        if self.offered_to is None:
            return Conflict
        if by != self.offered_to:
            return Forbidden
        self.commander, self.offered_to = by, None
        return None

    def decline(self, by: int, _to: int) -> type[MusterError] | None:
        if self.offered_to is None:
            return Conflict
        if by != self.offered_to:
            return Forbidden
        self.offered_to = None
        return None

    def withdraw(self, by: int, _to: int) -> type[MusterError] | None:
        if by not in ABLE:
            return Forbidden
        if self.offered_to is None:
            return Conflict
        if by != self.commander:
            return Forbidden
        self.offered_to = None
        return None

    def take_over(self, by: int, to: int) -> type[MusterError] | None:
        if by not in ABLE:
            return Forbidden
        if by == self.commander:
            return Conflict
        if to not in ABLE or to == self.commander:
            return Invalid
        self.commander, self.offered_to = to, None
        return None


@pytest.fixture
def people(db: Database, hospital: Hospital) -> list[Actor]:
    second, _ = db.transact(
        create_account,
        hospital.administrator,
        email="second@demo.example",
        role=Role.COMMANDER,
        facility_id=hospital.facility.id,
        person_id=hospital.people[6].id,
        password=PASSWORD,
    )
    return [
        hospital.commander,
        actor_of(second),
        hospital.administrator,
        hospital.command_staff,
        hospital.staff,
    ]


@given(steps=STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
def test_any_order_of_steps_leaves_one_commander(
    db: Database, hospital: Hospital, people: list[Actor], steps: list[tuple[str, int, int]]
) -> None:
    incident = declared(db, hospital)
    model = Model()
    for what, by, to in steps:
        expected = model.step(what, by, to)
        try:
            _do(db, incident, people, what, by, to)
            raised: type[MusterError] | None = None
        except MusterError as error:
            raised = type(error)
        assert raised is expected, f"{what} by {by} to {to}"
        _assert_same(db, incident, people, model)
    with db.read() as session:
        assert_fold_matches(session, incident.id)
        _assert_no_gap(list(entries(session, incident.stream)))


def test_two_accept_and_take_over_at_once(db: Database, hospital: Hospital, people: list[Actor]) -> None:
    """Accepting and being taken over race: one commander comes out, and both know."""
    incident = declared(db, hospital)
    _do(db, incident, people, "offer", 0, 1)
    outcomes = _at_once(
        [
            lambda: _do(db, incident, people, "accept", 1, 1),
            lambda: _do(db, incident, people, "take_over", 2, 2),
        ]
    )
    with db.read() as session:
        commander = queries.holders(session, incident.id)["incident_commander"].person_id
    assert commander == people[2].person_id  # either alone, or after the acceptance
    assert outcomes[1] is None
    assert outcomes[0] is None or isinstance(outcomes[0], Conflict)


def test_a_disabled_account_cannot_be_offered_command(
    db: Database, hospital: Hospital, people: list[Actor]
) -> None:
    from app.accounts.models import Account

    incident = declared(db, hospital)

    def disable(uow: Any) -> None:
        uow.session.get(Account, people[1].id).disabled_at = uow.now

    db.transact(disable)
    with pytest.raises(Invalid, match="may command"):
        _do(db, incident, people, "offer", 0, 1)


def _do(db: Database, incident: Incident, people: list[Actor], what: str, by: int, to: int) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "offer": {"person_id": people[to].person_id, "briefing": "Thirty hurt, triage open"},
        "take_over": {"person_id": people[to].person_id, "reason": "The commander fainted"},
    }
    db.transact(getattr(actions, f"{what}_command"), people[by], incident.id, **arguments.get(what, {}))


def _assert_same(db: Database, incident: Incident, people: list[Actor], model: Model) -> None:
    with db.read() as session:
        holder = queries.holders(session, incident.id)["incident_commander"]
        offer = queries.open_offer(session, incident.id)
    assert holder.person_id == people[model.commander].person_id
    assert (offer.to_person_id if offer else None) == (
        people[model.offered_to].person_id if model.offered_to is not None else None
    )


def _assert_no_gap(journal: list[Any]) -> None:
    """Relieved and assigned stand next to each other, at the same moment."""
    for before, after in pairwise(journal):
        if before.kind == "position.relieved" and before.data["slug"] == "incident_commander":
            assert after.kind == "position.assigned"
            assert after.data["slug"] == "incident_commander"
            assert after.occurred_at == before.occurred_at
