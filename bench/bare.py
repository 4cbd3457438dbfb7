"""The least that sends texts and takes answers with the same libraries: what Muster is measured against.

One table, a claim, Twilio's client in a pool of threads, an update; a webhook that checks the signature and
inserts a row, or updates one for a report. No leases, no attempts, no lookups, no opt-outs, no journal.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask, Response, request
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from app.core.db import Database
from app.core.signing import Signer

metadata = sa.MetaData()
outbox = sa.Table(
    "bare_outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("to", sa.String(20)),
    sa.Column("body", sa.Text),
    sa.Column("state", sa.String(10), index=True),
)
answers = sa.Table(
    "bare_answers",
    metadata,
    sa.Column("sid", sa.String(40), primary_key=True),
    sa.Column("from", sa.String(20)),
    sa.Column("body", sa.Text),
)


class LoopbackClient(TwilioHttpClient):
    """Twilio's own HTTP client, sent to another address."""

    def __init__(self, base_url: str, threads: int) -> None:
        super().__init__(timeout=10, pool_connections=True)
        self._base_url = base_url
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, _adapter(threads))

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> object:
        return super().request(method, url.replace("https://api.twilio.com", self._base_url), *args, **kwargs)


def database(url: str) -> Database:
    return Database(url, Signer(bytes(32)))


def fill(db: Database, numbers: list[str], body: str) -> None:
    rows = [{"to": number, "body": body, "state": "pending"} for number in numbers]
    with db.write() as uow:
        uow.session.execute(sa.insert(outbox), rows)


def send_all(
    db: Database, base_url: str, account: tuple[str, str], sender: str, threads: int, report_to: str = ""
) -> int:
    """With `report_to`, the carrier posts there what becomes of each."""
    client = Client(*account, http_client=LoopbackClient(base_url, threads))

    def send(row: sa.Row[tuple[int, str, str]]) -> None:
        reports = {"status_callback": f"{report_to}?row={row.id}"} if report_to else {}
        client.messages.create(to=row.to, from_=sender, body=row.body, **reports)

    sent = 0
    with ThreadPoolExecutor(threads) as pool:
        while rows := _claim(db, 2 * threads):
            list(pool.map(send, rows))
            with db.write() as uow:
                done = sa.update(outbox).where(outbox.c.id.in_([row.id for row in rows]))
                uow.session.execute(done.where(outbox.c.state == "taken").values(state="sent"))
            sent += len(rows)
    return sent


def create_app() -> Flask:
    """Serves the inbound webhook; BARE_DATABASE_URL, BARE_PUBLIC_URL and BARE_TOKEN say where and how."""
    app = Flask(__name__)
    db = database(os.environ["BARE_DATABASE_URL"])
    validator = RequestValidator(os.environ["BARE_TOKEN"])
    url = f"{os.environ['BARE_PUBLIC_URL']}/webhooks/twilio/inbound"

    @app.post("/webhooks/twilio/inbound")
    def inbound() -> Response:
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            return Response(status=403)
        row = {"sid": request.form["MessageSid"], "from": request.form["From"], "body": request.form["Body"]}
        with db.write() as uow:
            uow.session.execute(sa.insert(answers).values(row))
        return Response("<Response/>", content_type="text/xml")

    @app.post("/webhooks/twilio/status")
    def status() -> Response:
        url = request.url.replace(request.host_url.rstrip("/"), os.environ["BARE_PUBLIC_URL"])
        if not validator.validate(url, request.form, request.headers.get("X-Twilio-Signature", "")):
            return Response(status=403)
        reported = sa.update(outbox).where(outbox.c.id == int(request.args["row"]))
        later = outbox.c.state != "delivered"  # as reports come in any order
        with db.write() as uow:
            uow.session.execute(reported.where(later).values(state=request.form["MessageStatus"]))
        return Response(status=204)

    return app


def _claim(db: Database, most: int) -> list[sa.Row[tuple[int, str, str]]]:
    pending = sa.select(outbox.c.id).where(outbox.c.state == "pending").limit(most)
    with db.write() as uow:
        ids = list(uow.session.scalars(pending.with_for_update(skip_locked=True)))
        taken = sa.update(outbox).where(outbox.c.id.in_(ids)).values(state="taken")
        return list(uow.session.execute(taken.returning(outbox.c.id, outbox.c.to, outbox.c.body)))


def _adapter(connections: int) -> object:
    from requests.adapters import HTTPAdapter

    return HTTPAdapter(pool_maxsize=connections)
