"""The socket: who may listen, what comes, what is caught up, and who is put out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts import actions as accounts
from app.accounts.models import Account, AccountRole, ApiToken, SignIn
from app.board.live import BEAT_SECONDS, Live
from app.core.clock import iso
from app.incidents import actions
from app.journal import head_seq
from tests.realtime.conftest import Browser
from tests.support.client import PageClient
from tests.support.hospital import build
from tests.support.sockets import Shown, folded, until

Open = Callable[..., Browser]


def head(db: Any, incident: Any) -> int:
    with db.read() as session:
        return head_seq(session, incident.stream)


def test_a_join_gives_the_whole_board(browser: Open, commander: PageClient, incident, db) -> None:
    board = browser(commander).join(incident.id)
    assert board.shown.known == head(db, incident)
    assert {"header", "tasks", "journal", "positions-command"} <= set(board.shown.cards)
    page = commander.get(f"/incidents/{incident.id}").text
    assert all(
        html in page.replace(commander_token(page), "__csrf__") for _, html in board.shown.cards.values()
    )


def commander_token(page: str) -> str:
    return page.split('name="csrf-token" content="')[1].split('"')[0]


def test_a_change_reaches_every_open_board(browser: Open, act, commander, incident, hospital, db) -> None:
    boards = [browser(commander).join(incident.id) for _ in range(5)]
    act(actions.note, hospital.commander, incident.id, text="Ambulance bay is clear")
    for board in boards:
        board.waits_for(head(db, incident))
        assert "Ambulance bay is clear" in board.shown.cards["journal"][1]
        assert board.shown.gaps == 0
        assert [card["id"] for card in board.shown.batches[-1]["cards"]] == ["journal"]


def test_what_was_missed_is_caught_up_and_nothing_else(browser: Open, act, commander, incident, hospital, db):
    first = browser(commander).join(incident.id)
    knew = first.shown.known
    first.socket.disconnect("/board")
    act(actions.note, hospital.commander, incident.id, text="While you were away")
    again = browser(commander).join(incident.id, knew)
    batch = again.shown.batches[0]
    assert (batch["after"], batch["seq"]) == (knew, head(db, incident))
    assert folded(batch["cards"]) == ["journal"]


def test_a_join_that_finds_nothing_new_is_answered(browser: Open, commander, incident, db) -> None:
    seq = head(db, incident)
    board = browser(commander).join(incident.id, seq)
    (batch,) = board.shown.batches
    assert (batch["after"], batch["seq"], folded(batch["cards"])) == (seq, seq, [])


def test_a_browser_that_knows_more_than_there_is_gets_everything(browser: Open, commander, incident) -> None:
    board = browser(commander).join(incident.id, 10_000)
    assert board.shown.batches[0]["after"] == 0
    assert "header" in board.shown.cards


def test_many_commits_in_a_row_leave_no_gap(browser: Open, act, commander, incident, hospital, db) -> None:
    board = browser(commander).join(incident.id)
    for number in range(30):
        act(actions.note, hospital.commander, incident.id, text=f"Note {number}")
    board.waits_for(head(db, incident))
    assert board.shown.gaps == 0
    assert len(board.shown.batches) < 30, "bursts are gathered"
    seqs = [batch["seq"] for batch in board.shown.batches]
    assert seqs == sorted(seqs)


def test_two_commits_told_in_the_other_order_leave_no_gap(
    browser: Open, act, commander, incident, hospital, db, live
):
    board = browser(commander).join(incident.id)
    act(actions.note, hospital.commander, incident.id, text="one")
    board.waits_for(head(db, incident))
    listeners, db._listeners["journal-grew"] = db._listeners["journal-grew"], []
    began = head(db, incident)
    act(actions.note, hospital.commander, incident.id, text="two")
    act(actions.note, hospital.commander, incident.id, text="three")
    db._listeners["journal-grew"] = listeners
    live._journal_grew(f"{incident.stream} {began + 1} {began + 2}")
    board.waits_for(began + 2)
    live._journal_grew(f"{incident.stream} {began} {began + 1}")
    assert board.shown.gaps == 0


def test_another_incident_is_not_heard(browser: Open, act, commander, incident, hospital) -> None:
    other = act(
        actions.declare,
        hospital.commander,
        guide="tornado",
        facility_id=hospital.facility.id,
        exercise=True,
        activation_level="limited",
        reason="Warning",
    )
    watches_other = browser(commander).join(other.id)
    board = browser(commander).join(incident.id)
    came = len(board.shown.batches)
    act(actions.note, hospital.commander, other.id, text="Elsewhere")
    watches_other.waits_for(watches_other.shown.known + 1)
    assert len(board.read().shown.batches) == came
    board.shown = Shown()
    board.join(other.id)
    act(actions.note, hospital.commander, incident.id, text="No longer watched")
    act(actions.note, hospital.commander, other.id, text="Watched now")
    until(lambda: "Watched now" in board.read().shown.cards["journal"][1])
    assert "No longer watched" not in str(board.shown.batches)


@pytest.mark.parametrize(
    ("incident_id", "seq", "says"),
    [
        ("nonsense", 0, "incident"),
        (None, 0, "incident"),
        (["x"], 0, "incident"),
        ("01890000-0000-7000-8000-000000000000", 0, "no such incident"),
        ("here", -1, "seq"),
        ("here", "7", "seq"),
        ("here", True, "seq"),
        ("here", 2**63, "seq"),
    ],
)
@pytest.mark.engine("sqlite")
def test_a_wrong_join_is_told_what_is_wrong(
    browser: Open, commander, incident, incident_id, seq, says
) -> None:
    board = browser(commander).join(incident.id if incident_id == "here" else incident_id, seq)
    assert says in board.denied[0]
    assert not board.shown.batches
    assert board.join(incident.id).shown.known > 0, "the connection goes on"


@pytest.mark.engine("sqlite")
def test_a_join_without_anything_is_told(browser: Open, commander, incident) -> None:
    board = browser(commander)
    for message in (None, "x", [], 7):
        board.socket.emit("join", message, namespace="/board")
    board.socket.emit("join", namespace="/board")
    assert len(board.read().denied) == 5


def test_without_a_session_nobody_connects(browser: Open) -> None:
    assert not browser().connected
    assert not browser(headers={"Authorization": "Bearer mst_nonsense"}).connected
    assert not browser(auth={"token": "mst_nonsense"}).connected


def test_a_token_connects_by_header_or_auth(browser: Open, commander: PageClient, incident) -> None:
    by_header = browser(headers={"Authorization": f"Bearer {commander.token}"})
    by_auth = browser(auth={"token": commander.token})
    assert by_header.join(incident.id).shown.known == by_auth.join(incident.id).shown.known > 0


def test_another_hospital_may_not_listen(browser: Open, act, app, incident, hospital, db) -> None:
    other = act(build, "EAST", "East Harbor Hospital")
    board = browser(PageClient(app, other.commander)).join(incident.id)
    assert "lacks the permission" in board.denied[0]
    act(actions.note, hospital.commander, incident.id, text="Not for others")
    watcher = browser(PageClient(app, hospital.commander)).join(incident.id)
    watcher.waits_for(head(db, incident))
    assert not board.read().shown.batches


def test_signing_out_disconnects_at_once(browser: Open, act, commander, incident, db) -> None:
    board = browser(commander).join(incident.id)
    with db.read() as session:
        sign_in = session.scalar(sa.select(SignIn.id))
    other = browser(PageClient(commander.app, commander.actor))
    act(accounts.sign_out, sign_in)
    until(lambda: not board.connected)
    assert other.connected


def _expire(uow: Any, actor: Any) -> None:
    for sign_in in uow.session.scalars(sa.select(SignIn).where(SignIn.account_id == actor.id)):
        sign_in.expires_at = uow.now


def _disable(uow: Any, actor: Any) -> None:
    uow.session.get_one(Account, actor.id).disabled_at = uow.now


def _lose_role(uow: Any, actor: Any) -> None:
    uow.session.execute(sa.delete(AccountRole).where(AccountRole.account_id == actor.id))


def _revoke_token(uow: Any, actor: Any) -> None:
    uow.session.execute(sa.update(ApiToken).where(ApiToken.account_id == actor.id).values(revoked_at=uow.now))


@pytest.mark.parametrize("ends", [_expire, _disable, _lose_role])
def test_who_may_no_longer_look_is_put_out(browser: Open, act, live: Live, commander, incident, ends) -> None:
    board = browser(commander).join(incident.id)
    live.check_connections()
    assert board.connected
    act(ends, commander.actor)
    assert board.join(incident.id).denied, "a join is checked by itself"
    live.check_connections()
    until(lambda: not board.connected)


def test_a_revoked_token_is_put_out(browser: Open, act, live: Live, commander, incident) -> None:
    board = browser(auth={"token": commander.token}).join(incident.id)
    act(_revoke_token, commander.actor)
    live.check_connections()
    until(lambda: not board.connected)


def test_an_idle_session_is_put_out(browser: Open, live: Live, clock, commander, incident) -> None:
    board = browser(commander).join(incident.id)
    clock.advance(minutes=31)
    live.check_connections()
    until(lambda: not board.connected)


def test_one_more_than_there_is_room_for_is_refused(
    browser: Open, live: Live, commander, incident, monkeypatch
) -> None:
    monkeypatch.setattr(live._rt, "settings", replace(live._rt.settings, max_sockets=2))
    first, second, third = (browser(commander) for _ in range(3))
    assert (first.connected, second.connected, third.connected) == (True, True, False)
    first.socket.disconnect("/board")
    assert browser(commander).connected


@pytest.mark.engine("sqlite")
def test_the_head_is_told_every_few_seconds(browser: Open, commander, incident, db, clock) -> None:
    board = browser(commander).join(incident.id)
    until(lambda: board.read().heads, BEAT_SECONDS * 2 + 2)
    [first, *_] = board.heads
    assert first.pop("silent") is not None  # no engine has ever run here
    assert first == {"seq": head(db, incident), "at": iso(clock.now())}


def test_cards_hold_no_token_of_anybody(browser: Open, commander, incident) -> None:
    board = browser(commander).join(incident.id)
    for _, html in board.shown.cards.values():
        assert html.count('name="csrf_token"') == html.count('value="__csrf__"')


def test_readings_redraw_the_cards_that_show_them(browser: Open, act, commander, incident, hospital) -> None:
    from app.board.cards import CARDS, outside_card

    beds = {"version": 1}

    @outside_card("test-beds", "Beds", region="main", template="macros/ui.html")
    def draw(_session: Any, _picture: Any) -> tuple[int, dict[str, Any]]:
        return beds["version"], {}

    try:
        board = browser(commander).join(incident.id)
        assert board.shown.cards["test-beds"][0] == 1
        known = board.shown.known
        beds["version"] = 2
        act(lambda uow: uow.announce("readings", hospital.facility.id))
        until(lambda: board.read().shown.cards["test-beds"][0] == 2)
        assert board.shown.known == known, "readings are no entries"
        beds["version"] = 3
        assert board.join(incident.id, known).shown.cards["test-beds"][0] == 3, "caught up on joining"
    finally:
        del CARDS["test-beds"]
