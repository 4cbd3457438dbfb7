"""What supervisors, load balancers and Prometheus are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import migrate
from app.core.clock import ManualClock
from app.health.actions import Part, beat
from app.health.checks import silent
from app.health.models import EngineBeat
from tests.support.client import PageClient
from tests.support.hospital import Hospital

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def beating(part: str, seconds_ago: float, finished_ago: float | None, interval: int = 1) -> EngineBeat:
    finished = None if finished_ago is None else NOW - timedelta(seconds=finished_ago)
    return EngineBeat(
        process="here:1",
        part=part,
        at=NOW - timedelta(seconds=seconds_ago),
        interval_ms=interval * 1000,
        last_started=finished,
        last_finished=finished,
    )


@pytest.mark.parametrize(
    ("beats", "fault"),
    [
        ([], "no jobs process"),
        ([beating("a", 29, 29)], None),
        ([beating("a", 30, 0)], "no jobs process"),
        ([beating("a", 1, 31), beating("b", 1, 1)], "stopped: a"),
        ([beating("a", 1, 31), beating("a", 1, 1)], None),
        ([beating("hourly", 1, 3600, 3600)], None),
        ([beating("hourly", 1, 3 * 3600, 3600)], "stopped: hourly"),
        ([beating("a", 1, None)], None),
    ],
)
def test_a_silent_engine_is_named(beats: list[EngineBeat], fault: str | None) -> None:
    found = silent(beats, NOW)
    assert (found is None) if fault is None else (found is not None and fault in found)


def test_ready_only_while_the_engine_beats(app: Flask, client: PageClient, clock: ManualClock) -> None:
    assert client.get("/healthz").get_json() == {"status": "alive"}
    answer = client.get("/readyz", 503).get_json()
    assert answer["status"] == "not ready"
    assert answer["checks"].pop("engine").startswith("no jobs process")
    assert set(answer["checks"].values()) == {"ok"}
    app.extensions["muster"].db.transact(beat, "here:1", [Part("escalation", 1000)])
    assert client.get("/readyz").get_json()["status"] == "ready"
    clock.advance(seconds=30)
    client.get("/readyz", 503)


def test_not_ready_before_the_tables_are(app: Flask, client: PageClient) -> None:
    db = app.extensions["muster"].db
    migrate.downgrade(db, "base")
    try:
        answer = client.get("/readyz", 503).get_json()
        assert "flask --app wsgi db upgrade" in answer["checks"]["migrations"]
        assert answer["checks"]["engine"] == "the database does not answer"
    finally:
        migrate.upgrade(db)


@pytest.mark.engine("sqlite")
def test_not_ready_without_its_signing_key(app: Flask, client: PageClient, signing_key: Path) -> None:
    kept = signing_key.read_text()
    try:
        signing_key.unlink()
        assert "cannot be read" in client.get("/readyz", 503).get_json()["checks"]["signing key"]
        signing_key.write_text("00" * 32)
        assert "not the one in use" in client.get("/readyz", 503).get_json()["checks"]["signing key"]
    finally:
        signing_key.write_text(kept)


@pytest.mark.engine("sqlite")
def test_a_day_old_beat_is_forgotten(app: Flask, clock: ManualClock) -> None:
    db = app.extensions["muster"].db
    db.transact(beat, "gone:1", [Part("escalation", 1000)])
    clock.advance(hours=25)
    db.transact(beat, "here:1", [Part("escalation", 1000)])
    with db.read() as session:
        assert list(session.scalars(sa.select(EngineBeat.process))) == ["here:1"]


def test_metrics_count_requests_entries_and_beats(app: Flask, commander: PageClient) -> None:
    app.extensions["muster"].db.transact(beat, "here:1", [Part("escalation", 1000, NOW, NOW)])
    commander.api("GET", "/incidents", 200)
    text = commander.get("/metrics").text
    assert 'muster_request_seconds_count{method="GET",route="/api/v1/incidents",status="200"}' in text
    assert 'muster_tick_age_seconds{tick="escalation"} 0.0' in text
    assert "muster_journal_entries_total" in text


@pytest.mark.engine("sqlite")
def test_metrics_are_for_this_machine_or_a_token(
    app: Flask, hospital: Hospital, commander: PageClient
) -> None:
    staff = PageClient(app, hospital.staff)
    nobody = app.test_client()
    assert nobody.get("/metrics").status_code == 200
    assert nobody.get("/metrics", environ_overrides=ELSEWHERE).status_code == 403
    assert nobody.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    for who, status in ((staff, 403), (commander, 200)):
        headers = {"Authorization": f"Bearer {who.token}"}
        assert nobody.get("/metrics", environ_overrides=ELSEWHERE, headers=headers).status_code == status


@pytest.mark.engine("sqlite")
def test_the_description_of_the_api_is_complete(client: PageClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    declare = document["paths"]["/api/v1/incidents"]["post"]
    assert declare["x-permission"] == "incident.declare"
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in declare["parameters"]
    assert list(document["components"]["responses"]["Problem"]["content"]) == ["application/problem+json"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, path
                assert operation["summary"], f"{method} {path} has no summary"
    page = client.get("/docs").text
    assert "POST /api/v1/incidents" in page
    assert "curl http://localhost/api/v1/incidents" in page
