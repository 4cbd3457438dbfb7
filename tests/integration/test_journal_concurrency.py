"""Forty people write into one incident at once: every entry counts once, in one order, with one chain."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.errors import Conflict
from app.incidents import actions
from app.journal import entries, head_seq, lock
from app.journal.verify import verify_stream
from tests.support.hospital import Hospital

WRITERS = 40
EACH = 4


def declare(act: Any, hospital: Hospital, guide: str = "tornado") -> Any:
    return act(
        actions.declare,
        hospital.commander,
        guide=guide,
        facility_id=hospital.facility.id,
        exercise=True,
        activation_level="full",
        reason="Warning for the county",
    )


def at_once(count: int, work: Any) -> list[Any]:
    """The results of `work(0..count-1)`, all started together."""
    gate = threading.Barrier(count)

    def run(index: int) -> Any:
        gate.wait(30)
        return work(index)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_forty_writers_on_one_incident(app: Any, db: Any, act: Any, hospital: Hospital) -> None:
    incident = declare(act, hospital)
    with db.read() as session:
        before = head_seq(session, incident.stream)
    seen_by_a_reader: list[int] = []
    done = threading.Event()

    def read() -> None:
        """Polls as a board does: what it has once passed, never gets another entry behind it."""
        known = before
        while not done.is_set():
            with db.read() as session:
                found = [entry.seq for entry in entries(session, incident.stream, after=known)]
            seen_by_a_reader.extend(found)
            known = found[-1] if found else known

    def write(writer: int) -> None:
        for number in range(EACH):
            act(actions.note, hospital.commander, incident.id, text=f"{writer}-{number}")

    reader = threading.Thread(target=read)
    reader.start()
    try:
        at_once(WRITERS, write)
    finally:
        done.set()
        reader.join(30)
    with db.read() as session:
        written = list(entries(session, incident.stream, after=before))
        verdict = verify_stream(session, incident.stream, app.extensions["muster"].signer)
    assert verdict.ok, verdict.fault
    assert [entry.seq for entry in written] == list(range(before + 1, before + 1 + WRITERS * EACH))
    texts = [entry.data["text"] for entry in written]
    assert sorted(texts) == sorted(f"{w}-{n}" for w in range(WRITERS) for n in range(EACH))
    for writer in range(WRITERS):
        mine = [text for text in texts if text.startswith(f"{writer}-")]
        assert mine == [f"{writer}-{number}" for number in range(EACH)], "each writer's own order is kept"
    missing = set(range(before + 1, before + 1 + len(seen_by_a_reader))) - set(seen_by_a_reader)
    assert not missing, "a reader that polls by seq never skips one"


def test_one_task_ended_by_many_is_ended_once(act: Any, db: Any, hospital: Hospital) -> None:
    incident = declare(act, hospital)
    task = act(
        actions.add_task,
        hospital.commander,
        incident.id,
        position="incident_commander",
        text="Call the mayor",
    )

    def finish(_index: int) -> bool:
        try:
            act(actions.finish_task, hospital.commander, incident.id, task.id)
        except Conflict:
            return False
        return True

    assert sum(at_once(10, finish)) == 1
    with db.read() as session:
        kinds = [entry.kind for entry in entries(session, incident.stream)]
    assert kinds.count("task.done") == 1


@pytest.mark.engine("postgresql")
def test_two_incidents_do_not_wait_for_each_other(act: Any, db: Any, hospital: Hospital) -> None:
    first, second = declare(act, hospital), declare(act, hospital, "earthquake")
    with db.write() as uow:
        lock(uow, first.stream)
        act(actions.note, hospital.commander, second.id, text="Not held up")
