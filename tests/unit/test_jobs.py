"""Ticks run, fail and are counted; the beat says how they do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from app import jobs
from app.health.models import EngineBeat
from app.jobs import Jobs, Tick


@pytest.fixture
def run(app: Flask) -> Callable[..., Jobs]:
    started: list[Jobs] = []

    def start(*ticks: Tick) -> Jobs:
        started.append(Jobs(app, ticks))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


def beats(app: Flask) -> dict[str, EngineBeat]:
    with app.extensions["muster"].db.read() as db:
        return {beat.part: beat for beat in db.scalars(sa.select(EngineBeat))}


def test_a_failing_tick_is_counted_and_stops_nothing(app: Flask, run: Callable[..., Jobs]) -> None:
    seen: list[str] = []
    enough = threading.Event()

    def well(_app: Flask) -> None:
        seen.append(current_app.name)
        if len(seen) == 5:
            enough.set()

    def badly(_app: Flask) -> None:
        raise RuntimeError("no secrets of this text reach the table")

    engine = run(Tick("well", 0.02, well), Tick("badly", 0.02, badly))
    assert enough.wait(10)
    engine.beat()
    found = beats(app)
    assert found["well"].runs >= 4
    assert found["well"].last_error is None
    assert found["badly"].errors >= 1
    assert found["badly"].last_error == "RuntimeError"


def test_stopping_waits_for_what_runs_and_takes_the_beat_away(app: Flask, run: Callable[..., Jobs]) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(_app: Flask) -> None:
        begun.set()
        time.sleep(0.3)
        ended.set()

    engine = run(Tick("slow", 60, slow))
    assert begun.wait(10)
    engine.beat()
    assert "slow" in beats(app)
    engine.stop()
    assert ended.is_set()
    assert beats(app) == {}


@pytest.mark.engine("sqlite")
def test_a_clock_that_is_set_back_does_not_silence_the_engine(
    run: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[float] = []
    run(Tick("hourly", 3600, lambda _app: runs.append(0)))
    time.sleep(0.3)
    assert len(runs) == 1
    real = time.time
    monkeypatch.setattr(jobs.time, "time", lambda: real() - 7200)
    deadline = time.monotonic() + 5
    while len(runs) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(runs) == 2


@pytest.mark.engine("sqlite")
def test_two_ticks_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        TICKS = (Tick("same", 1, print), Tick("same", 2, print))

    monkeypatch.setattr("app.load_all", lambda *_: [Module])
    with pytest.raises(ValueError, match="same"):
        jobs.all_ticks()
