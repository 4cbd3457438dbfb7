"""Every page of accounts, right and wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.actions import create_account, create_token
from app.accounts.identity import actor_of
from app.accounts.models import Account, AccountRole, ApiToken, SignIn
from app.accounts.ticks import forget
from app.core.clock import ManualClock
from app.core.errors import Forbidden
from app.core.permissions import Role
from app.journal.models import JournalEntry
from tests.support.client import PageClient
from tests.support.hospital import PASSWORD, SETUP, Hospital

ADMINISTRATOR = "administrator.sbmc@demo.example"
STAFF = "staff.sbmc@demo.example"


def enter(client: PageClient, email: str, password: str, status: int = 302) -> Any:
    return client.post("/sign-in", {"email": email, "password": password}, status)


def account_id(app: Flask, email: str) -> str:
    with app.extensions["muster"].db.read() as db:
        return db.scalar(sa.select(Account.id).where(Account.email == email))


def kinds(app: Flask) -> list[str]:
    with app.extensions["muster"].db.read() as db:
        query = sa.select(JournalEntry.kind).where(JournalEntry.stream == "accounts")
        return list(db.scalars(query.order_by(JournalEntry.seq)))


@pytest.fixture
def administrator(app: Flask, hospital: Hospital) -> PageClient:
    return PageClient(app, hospital.administrator)


def test_sign_in_goes_where_one_wanted_to_go(client: PageClient, hospital: Hospital) -> None:
    assert "administrator.sbmc@demo.example" in client.get("/sign-in").text
    response = client.get("/accounts?page=2", 302)
    assert response.location == "/sign-in"
    assert enter(client, ADMINISTRATOR.upper(), PASSWORD).location == "/accounts?page=2"
    client.get("/accounts")
    client.post("/sign-out")
    client.get("/accounts", 302)


def test_a_wrong_password_says_nothing_about_the_account(client: PageClient, hospital: Hospital) -> None:
    answers = {
        re.sub(r'value="[^"]*"|content="[^"]*"', "", enter(client, email, "wrong password here", 401).text)
        for email in (STAFF, "nobody@demo.example")
    }
    assert len(answers) == 1
    assert "do not belong together" in answers.pop()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "target", ["//evil.example/x", "/\\evil.example", "https://evil.example", "/\t/evil"]
)
def test_next_never_leaves_this_site(client: PageClient, hospital: Hospital, target: str) -> None:
    client.get("/sign-in", query_string={"next": target})
    assert enter(client, STAFF, PASSWORD).location == "/"


@pytest.mark.engine("sqlite")
def test_what_was_in_the_session_before_is_gone_after_sign_in(client: PageClient, hospital: Hospital) -> None:
    with client.http.session_transaction() as session:
        session["planted"] = "by somebody else"
    enter(client, STAFF, PASSWORD)
    with client.http.session_transaction() as session:
        assert "planted" not in session
        assert "sign_in" in session


@pytest.mark.engine("sqlite")
def test_ten_wrong_passwords_for_one_account_make_it_wait(app: Flask, hospital: Hospital) -> None:
    guesser = PageClient(app)
    for _ in range(10):
        enter(guesser, STAFF, "wrong password here", 401)
    refused = enter(guesser, STAFF, PASSWORD, 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert "Try again in 15 minutes" in refused.text
    enter(PageClient(app), ADMINISTRATOR, PASSWORD)


@pytest.mark.engine("sqlite")
def test_a_hundred_wrong_passwords_from_one_address_make_it_wait(app: Flask, hospital: Hospital) -> None:
    throttle = app.extensions["muster"].parts["throttle"]
    for number in range(100):
        throttle.failed("127.0.0.1", f"somebody{number}@demo.example")
    enter(PageClient(app), ADMINISTRATOR, PASSWORD, 429)


@pytest.mark.engine("sqlite")
def test_good_sign_ins_are_never_counted(app: Flask, hospital: Hospital) -> None:
    for _ in range(12):
        enter(PageClient(app), STAFF, PASSWORD)


def test_a_session_ends_for_idleness_and_after_its_hours(
    app: Flask, commander: PageClient, clock: ManualClock
) -> None:
    for _ in range(30):  # 12 hours and a half, in use all the time
        clock.advance(minutes=25)
        response = commander.http.get("/account/sessions")
        if response.status_code == 302:
            break
    assert clock.now().hour == 21  # signed in at 09:00 for 12 hours
    other = PageClient(app, commander.actor)
    clock.advance(minutes=29)
    other.get("/account/sessions")
    clock.advance(minutes=30)
    other.get("/account/sessions", 302)


def test_one_can_see_and_end_ones_own_sessions(app: Flask, hospital: Hospital) -> None:
    here, there, stranger = (
        PageClient(app, a) for a in (hospital.staff, hospital.staff, hospital.leadership)
    )
    ids = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", here.get("/account/sessions").text)
    assert len(ids) == 1
    stranger.post(f"/account/sessions/{ids[0]}/end", status=404)
    here.post(f"/account/sessions/{ids[0]}/end")
    there.get("/account/sessions", 302)
    PageClient(app, hospital.staff)
    here.post("/account/sessions/end-others")
    assert "/end" not in here.get("/account/sessions").text


def test_changing_the_password_ends_the_other_sessions(app: Flask, hospital: Hospital) -> None:
    here, there = PageClient(app, hospital.staff), PageClient(app, hospital.staff)
    here.get("/account/password")
    wrong = {"current": "not this one", "new": "four words are good", "again": "four words are good"}
    assert "is not your password" in here.post("/account/password", wrong, 422).text
    short = {"current": PASSWORD, "new": "short", "again": "short"}
    assert "needs 12 to 200 characters; it has 5" in here.post("/account/password", short, 422).text
    unequal = {"current": PASSWORD, "new": "four words are good", "again": "four words are bad!"}
    assert "must be the same" in here.post("/account/password", unequal, 422).text
    here.post("/account/password", wrong | {"current": PASSWORD})
    here.get("/account/sessions")
    there.get("/account/sessions", 302)
    enter(there, STAFF, PASSWORD, 401)
    enter(there, STAFF, "four words are good")
    assert kinds(app)[-1] == "account.password_changed"


def test_a_new_account_must_change_its_one_time_password(
    app: Flask, administrator: PageClient, hospital: Hospital
) -> None:
    administrator.get("/accounts/new")
    bad = {"email": "nobody", "role": "emperor", "facility": "", "name": ""}
    assert "must be one of administrator" in administrator.post("/accounts", bad, 422).text
    form = {
        "email": "Ida.New@demo.example",
        "role": "staff",
        "facility": hospital.facility.id,
        "name": "Ida New",
    }
    page = administrator.post("/accounts", form, 201).text
    secret = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page)[0]  # type: ignore[index]
    assert "already has an account" in administrator.post("/accounts", form, 409).text
    newcomer = PageClient(app)
    enter(newcomer, "ida.new@demo.example", secret)
    assert newcomer.get("/account/sessions", 302).location == "/account/password"
    new = {"current": secret, "new": "four words are good", "again": "four words are good"}
    newcomer.post("/account/password", new)
    newcomer.get("/account/sessions")
    assert secret not in administrator.get(f"/accounts/{account_id(app, 'ida.new@demo.example')}").text


def test_an_administrator_gives_and_takes_roles(
    app: Flask, administrator: PageClient, hospital: Hospital
) -> None:
    dropped: list[str] = []
    app.extensions["muster"].db.listen("sign-in-ended", dropped.append)
    staff = PageClient(app, hospital.staff)
    url = f"/accounts/{hospital.staff.id}"
    assert "Add tasks and mark them done" in administrator.get(url).text
    form = {"role": "commander", "facility": hospital.facility.id}
    administrator.post(f"{url}/roles", form)
    assert len(dropped) == 1
    assert "already held there" in administrator.post(f"{url}/roles", form, 409).text
    administrator.post(f"{url}/roles", form | {"facility": "elsewhere"}, 403)
    with app.extensions["muster"].db.read() as db:
        query = sa.select(AccountRole.id).where(
            AccountRole.account_id == hospital.staff.id, AccountRole.role == "commander"
        )
        role_id = db.scalar(query)
    administrator.post(f"{url}/roles/{role_id}/take")
    administrator.post(f"{url}/roles/{role_id}/take", status=404)
    assert len(dropped) == 2
    staff.get("/account/sessions")
    assert kinds(app)[-2:] == ["account.role_given", "account.role_taken"]


def test_a_disabled_account_is_out_at_once(app: Flask, administrator: PageClient, hospital: Hospital) -> None:
    staff = PageClient(app, hospital.staff)
    token = staff.token
    url = f"/accounts/{hospital.staff.id}"
    assert "say why" in administrator.post(f"{url}/disable", {"reason": " "}, 422).text
    administrator.post(f"{url}/disable", {"reason": "Left the hospital"})
    staff.get("/account/sessions", 302)
    staff.api("GET", "/incidents", 401)
    enter(PageClient(app), STAFF, PASSWORD, 401)
    administrator.post(f"{url}/disable", {"reason": "Again"}, 409)
    administrator.post(f"{url}/enable")
    assert staff.token == token
    staff.api("GET", "/incidents", 200)
    staff.get("/account/sessions", 302)  # a session that has ended stays ended
    assert "Left the hospital" in administrator.get(url).text


def test_resetting_a_password_signs_out(app: Flask, administrator: PageClient, hospital: Hospital) -> None:
    staff = PageClient(app, hospital.staff)
    page = administrator.post(f"/accounts/{hospital.staff.id}/reset-password", status=200).text
    secret = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", page)[0]  # type: ignore[index]
    staff.get("/account/sessions", 302)
    enter(staff, STAFF, secret)
    administrator.post(f"/accounts/{hospital.staff.id}/end-sessions")
    staff.get("/account/password", 302)


def test_nobody_does_it_to_themselves(administrator: PageClient, hospital: Hospital) -> None:
    url = f"/accounts/{hospital.administrator.id}"
    assert "another administrator" in administrator.get(url).text
    assert "another administrator can" in administrator.post(f"{url}/disable", {"reason": "Tired"}, 409).text
    administrator.post(f"{url}/reset-password", status=409)


def test_who_manages_one_hospital_reaches_no_further(
    app: Flask, administrator: PageClient, hospital: Hospital
) -> None:
    """An administrator of one hospital can neither make nor take over an account that reaches beyond it."""
    rt = app.extensions["muster"]
    above, _ = rt.db.transact(
        create_account,
        SETUP,
        email="all@demo.example",
        role=Role.ADMINISTRATOR,
        facility_id=None,
        password=PASSWORD,
    )
    everywhere = {"email": "x@demo.example", "role": "administrator", "facility": "everywhere", "name": "X"}
    administrator.post("/accounts", everywhere, 403)
    url = f"/accounts/{above.id}"
    administrator.get(url, 404)
    for what in ("reset-password", "enable", "end-sessions"):
        administrator.post(f"{url}/{what}", status=403)
    administrator.post(
        f"/accounts/{hospital.staff.id}/roles", {"role": "staff", "facility": "everywhere"}, 403
    )
    with pytest.raises(Forbidden):
        rt.db.transact(create_token, hospital.administrator, email="all@demo.example")
    assert "all@demo.example" not in administrator.get("/accounts").text
    assert "all@demo.example" in PageClient(app, actor_of(above)).get("/accounts?q=all").text


def test_tokens_are_shown_once_narrowed_and_revoked(app: Flask, hospital: Hospital) -> None:
    client = PageClient(app, hospital.command_staff)
    client.get("/account/tokens")
    assert "1 to 200 characters" in client.post("/account/tokens", {"name": ""}, 422).text
    assert "whole number" in client.post("/account/tokens", {"name": "a", "days": "soon"}, 422).text
    page = client.post(
        "/account/tokens", {"name": "Bed feed", "days": "1", "scopes": "reading.enter"}, 201
    ).text
    secret = re.search(r"mst_[\w-]+", page)[0]  # type: ignore[index]
    assert secret not in client.get("/account/tokens").text
    client._token = secret
    client.api("GET", "/incidents", 403)  # may only enter readings
    with app.extensions["muster"].db.read() as db:
        token = db.scalars(sa.select(ApiToken)).one()
        assert secret not in (token.secret_digest, token.scopes)
    PageClient(app, hospital.staff).post(f"/account/tokens/{token.id}/revoke", status=403)
    client.post(f"/account/tokens/{token.id}/revoke")
    client.api("GET", "/incidents", 401)


def test_a_token_ends_after_its_days_and_notes_its_use(
    app: Flask, hospital: Hospital, clock: ManualClock
) -> None:
    client = PageClient(app, hospital.command_staff)
    page = client.post("/account/tokens", {"name": "Short", "days": "1"}, 201).text
    client._token = re.search(r"mst_[\w-]+", page)[0]  # type: ignore[index]
    client.api("GET", "/incidents", 200)
    with app.extensions["muster"].db.read() as db:
        assert db.scalars(sa.select(ApiToken.last_used_at)).one() == clock.now()
    clock.advance(hours=24)
    client.api("GET", "/incidents", 401)


@pytest.mark.engine("sqlite")
def test_a_token_makes_no_other_token_and_changes_no_password(app: Flask, hospital: Hospital) -> None:
    owner = PageClient(app, hospital.command_staff)
    page = owner.post("/account/tokens", {"name": "Narrow", "scopes": "board.view"}, 201).text
    bearer = {"Authorization": "Bearer " + re.search(r"mst_[\w-]+", page)[0]}  # type: ignore[index]
    program = app.test_client()
    for url, form in (
        ("/account/tokens", {"name": "Wide"}),
        (
            "/account/password",
            {"current": PASSWORD, "new": "four words are good", "again": "four words are good"},
        ),
        ("/account/sessions/end-others", {}),
    ):
        assert program.post(url, data=form, headers=bearer).status_code == 403


@pytest.mark.engine("sqlite")
def test_only_administrators_see_accounts(app: Flask, commander: PageClient, hospital: Hospital) -> None:
    commander.get("/accounts", 403)
    commander.post("/accounts", {"email": "x@demo.example"}, 403)
    commander.post(f"/accounts/{hospital.staff.id}/disable", {"reason": "x"}, 403)


@pytest.mark.engine("sqlite")
def test_a_form_without_its_token_is_refused(
    app: Flask, administrator: PageClient, hospital: Hospital
) -> None:
    for url in ("/sign-in", "/sign-out", f"/accounts/{hospital.staff.id}/disable", "/account/tokens"):
        assert administrator.http.post(url, data={"reason": "x"}).status_code == 400


@pytest.mark.engine("sqlite")
def test_old_sessions_are_forgotten(app: Flask, hospital: Hospital, clock: ManualClock) -> None:
    PageClient(app, hospital.staff)
    assert forget(app) == 0
    clock.advance(days=91)
    assert forget(app) == 1
    with app.extensions["muster"].db.read() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 0
