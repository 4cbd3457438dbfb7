"""Clock, ids, permissions, actors, canonical encoding."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.actor import Actor, Grant
from app.core.clock import ManualClock, as_utc, from_iso, iso
from app.core.errors import Forbidden
from app.core.ids import is_id, new_id
from app.core.permissions import ACCOUNT_ROLES, GRANTED, Permission, Role
from app.journal.canonical import canonical
from config.logs import mask

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(datetime(2026, 1, 1))


@given(
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(timezone(timedelta(hours=5, minutes=30))))
)
def test_iso_text_sorts_as_time_does_and_reads_back(moment: datetime) -> None:
    assert from_iso(iso(moment)) == moment
    assert len(iso(moment)) == 27


def test_the_clock_moves_both_ways() -> None:
    clock = ManualClock(NOW)
    clock.advance(hours=-1)
    assert clock.now() == NOW - timedelta(hours=1)


def test_ids_are_version_7_and_grow_with_time() -> None:
    ids = [new_id(NOW + timedelta(milliseconds=i)) for i in range(100)]
    assert ids == sorted(ids)
    assert {uuid.UUID(i).version for i in ids} == {7}
    assert all(is_id(i) for i in ids)
    assert not is_id("'; drop table")


def test_an_actor_may_only_where_the_role_holds() -> None:
    actor = Actor("account", "a", "Ada", (Grant(Role.COMMANDER, "here"),))
    actor.require(Permission.INCIDENT_DECLARE, "here")
    with pytest.raises(Forbidden, match=r"incident\.declare"):
        actor.require(Permission.INCIDENT_DECLARE, "elsewhere")


def test_a_token_never_allows_more_than_its_scopes() -> None:
    scopes = frozenset({Permission.BOARD_VIEW, Permission.ACCOUNT_MANAGE})
    actor = Actor("account", "a", "Ada", (Grant(Role.COMMANDER),), scopes=scopes)
    assert actor.permissions() == {Permission.BOARD_VIEW}


def test_the_program_itself_never_decides_for_people() -> None:
    engine = Actor.system("engine")
    for permission in (Permission.SURGE_CONFIRM, Permission.INCIDENT_DECLARE, Permission.INCIDENT_CLOSE):
        assert not engine.may(permission)


def test_every_permission_is_explained_and_given_to_a_role() -> None:
    for permission in Permission:
        assert permission.text
        assert any(permission in GRANTED[role] for role in ACCOUNT_ROLES)


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, {1: "a"}, [b"x"], {"a": {"b": object()}}])
def test_what_two_programs_could_write_in_two_ways_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_canonical_form_is_one_form() -> None:
    assert canonical({"b": [1, True, None], "a": "é"}) == '{"a":"é","b":[1,true,null]}'.encode()


def test_logs_hide_numbers_and_secrets() -> None:
    event = mask(None, "info", {"event": "sent to +12025550123", "auth_token": "t", "n": 1})
    assert event == {"event": "sent to +…23", "auth_token": "(hidden)", "n": 1}
