"""Nobody changes the journal: the database refuses, who gets round that is found; mistakes are corrected."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid, NotFound
from app.incidents import actions, events
from app.incidents.models import Incident
from app.journal import append, entries, guard, head_seq, open_stream
from app.journal.canonical import GENESIS, canonical, sha256
from app.journal.export import export
from app.journal.models import JournalEntry, StreamHead
from app.journal.verify import verify_stream
from tests.support.hospital import SETUP, Hospital
from tools.verify_journal import verify

ROOT = Path(__file__).resolve().parents[2]
ENTRY, HEAD = JournalEntry.__table__, StreamHead.__table__


@pytest.fixture
def incident(act: Any, hospital: Hospital) -> Incident:
    return act(
        actions.declare,
        hospital.commander,
        guide="tornado",
        facility_id=hospital.facility.id,
        exercise=True,
        activation_level="full",
        reason="Warning for the county",
    )


def where(incident: Incident, seq: int) -> Any:
    return sa.and_(ENTRY.c.stream == incident.stream, ENTRY.c.seq == seq)


def change_words(c: sa.Connection, incident: Incident, _last: int) -> None:
    c.execute(sa.update(ENTRY).where(where(incident, 1)).values(data='{"reason":"Nothing happened"}'))


def change_actor(c: sa.Connection, incident: Incident, _last: int) -> None:
    c.execute(sa.update(ENTRY).where(where(incident, 3)).values(actor_name="Somebody Else"))


def change_time(c: sa.Connection, incident: Incident, _last: int) -> None:
    at = c.scalar(sa.select(ENTRY.c.occurred_at).where(where(incident, 2)))
    c.execute(sa.update(ENTRY).where(where(incident, 2)).values(occurred_at=at - timedelta(minutes=5)))


def change_and_hash_again(c: sa.Connection, incident: Incident, last: int) -> None:
    """The last entry, with a hash that fits: only the signed head knows better."""
    with Session(c) as session:
        entry = next(entries(session, incident.stream, after=last - 1))
    plain = entry.plain() | {"position": "incident_commander, safety_officer"}
    values = {"position": plain["position"], "hash": sha256(plain)}
    c.execute(sa.update(ENTRY).where(where(incident, last)).values(**values))


def change_it_all_and_hash_again(c: sa.Connection, incident: Incident, last: int) -> None:
    """A whole chain that fits, and a head that fits it: only the signature does not."""
    with Session(c) as session:
        chain = list(entries(session, incident.stream))
    previous = GENESIS
    for entry in chain:
        plain = entry.plain() | {"actor": {**entry.actor, "name": "Somebody Else"}, "prev_hash": previous}
        values = {"actor_name": "Somebody Else", "prev_hash": previous, "hash": (previous := sha256(plain))}
        c.execute(sa.update(ENTRY).where(where(incident, entry.seq)).values(**values))
    c.execute(sa.update(HEAD).where(HEAD.c.id == incident.stream).values(hash=previous))


def delete_one(c: sa.Connection, incident: Incident, last: int) -> None:
    c.execute(sa.delete(ENTRY).where(where(incident, last // 2)))


def cut_off(c: sa.Connection, incident: Incident, last: int) -> None:
    c.execute(sa.delete(ENTRY).where(ENTRY.c.stream == incident.stream, ENTRY.c.seq > last - 2))


def cut_off_with_the_head_put_back(c: sa.Connection, incident: Incident, last: int) -> None:
    cut_off(c, incident, last)
    hash_ = c.scalar(sa.select(ENTRY.c.hash).where(where(incident, last - 2)))
    c.execute(sa.update(HEAD).where(HEAD.c.id == incident.stream).values(seq=last - 2, hash=hash_))


def swap(c: sa.Connection, incident: Incident, _last: int) -> None:
    for seq, to in ((3, 99_999), (4, 3), (99_999, 4)):
        c.execute(sa.update(ENTRY).where(where(incident, seq)).values(seq=to))


def insert_one(c: sa.Connection, incident: Incident, last: int) -> None:
    """After the last, with a hash that fits."""
    with Session(c) as session:
        entry = next(entries(session, incident.stream, after=last - 1))
    plain = entry.plain() | {"seq": last + 1, "prev_hash": entry.hash}
    row = dict(c.execute(sa.select(ENTRY).where(where(incident, last))).one()._mapping)
    row |= {"seq": last + 1, "prev_hash": entry.hash, "hash": sha256(plain)}
    c.execute(sa.insert(ENTRY).values(**row))
    c.execute(sa.update(HEAD).where(HEAD.c.id == incident.stream).values(seq=last + 1, hash=row["hash"]))


def another_stream(c: sa.Connection, incident: Incident, _last: int) -> None:
    c.execute(sa.insert(HEAD).values(id="incident:other", seq=0, hash=GENESIS))
    c.execute(sa.update(ENTRY).where(where(incident, 5)).values(stream="incident:other"))


def no_signature(c: sa.Connection, incident: Incident, _last: int) -> None:
    c.execute(sa.update(HEAD).where(HEAD.c.id == incident.stream).values(signature="0" * 128))


@pytest.mark.parametrize(
    "tamper",
    [
        change_words,
        change_actor,
        change_time,
        change_and_hash_again,
        change_it_all_and_hash_again,
        delete_one,
        cut_off,
        cut_off_with_the_head_put_back,
        swap,
        insert_one,
        another_stream,
        no_signature,
    ],
)
def test_who_gets_round_the_guard_is_found(
    app: Any, db: Any, incident: Incident, tamper: Callable[[sa.Connection, Incident, int], None]
) -> None:
    signer = app.extensions["muster"].signer
    with db.engine.execution_options(muster_write=True).connect() as connection:
        with Session(connection) as session:
            last = head_seq(session, incident.stream)
            assert verify_stream(session, incident.stream, signer).ok
        guard.remove(connection)
        tamper(connection, incident, last)
        with Session(connection) as session:
            verdict = verify_stream(session, incident.stream, signer)
            lines = list(export(session, incident.stream))
        connection.rollback()
    assert not verdict.ok
    assert not verify(lines, bytes.fromhex(signer.public_key)).ok, (
        "nor does the independent verifier accept it"
    )


@pytest.mark.parametrize(
    "statement", ["UPDATE journal_entries SET data = '{}'", "DELETE FROM journal_entries"]
)
def test_the_database_refuses_to_change_an_entry(db: Any, incident: Incident, statement: str) -> None:
    with db.engine.execution_options(muster_write=True).connect() as connection:
        with pytest.raises(sa.exc.DBAPIError, match="never changed"):
            connection.execute(sa.text(statement))
        connection.rollback()


def test_a_correction_leaves_what_it_corrects(
    app: Any, db: Any, act: Any, incident: Incident, hospital
) -> None:
    with db.read() as session:
        before = [entry.plain() for entry in entries(session, incident.stream)]
    wrong = {"seq": 1, "statement": "The warning was for the city", "reason": "Misheard"}
    act(actions.correct, hospital.commander, incident.id, **wrong)
    with db.read() as session:
        *earlier, correction = entries(session, incident.stream)
        assert verify_stream(session, incident.stream, app.extensions["muster"].signer).ok
    assert [entry.plain() for entry in earlier] == before
    assert (correction.kind, correction.corrects) == ("entry.corrected", 1)
    assert correction.position == "incident_commander"
    with pytest.raises(NotFound, match="no entry 9999"):
        act(actions.correct, hospital.commander, incident.id, **wrong | {"seq": 9999})
    with pytest.raises(Invalid, match="statement"):
        act(actions.correct, hospital.commander, incident.id, **wrong | {"statement": " "})
    with pytest.raises(Forbidden):
        act(actions.correct, hospital.staff, incident.id, **wrong)


def test_event_time_and_entry_time_are_two(
    db: Any, act: Any, clock: Any, incident: Incident, hospital
) -> None:
    earlier = clock.now()
    clock.advance(minutes=20)
    act(actions.note, hospital.commander, incident.id, text="Roof lost", occurred_at=earlier)
    with db.read() as session:
        noted = list(entries(session, incident.stream))[-1]
    assert (noted.occurred_at, noted.recorded_at) == (earlier, clock.now())
    with pytest.raises(Invalid, match="occurred_at"):
        act(
            actions.note,
            hospital.commander,
            incident.id,
            text="Not yet",
            occurred_at=clock.now() + timedelta(minutes=1),
        )


def test_a_clock_that_steps_back_does_not_turn_the_journal_back(db, act, clock, incident, hospital) -> None:
    act(actions.note, hospital.commander, incident.id, text="one")
    clock.advance(hours=-1)
    act(actions.note, hospital.commander, incident.id, text="two")
    with db.read() as session:
        times = [entry.recorded_at for entry in entries(session, incident.stream)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "event",
    [
        lambda: events.Noted(text=7),
        lambda: events.TaskOverdue(task_id="t", position="p", late_seconds=1.5),
        lambda: events.TaskOverdue(task_id="t", position="p", late_seconds="1"),
        lambda: events.EntryCorrected(seq=None, statement="s", reason="r"),
        lambda: events.Noted(text={1, 2}),
        lambda: events.Noted(text=object()),
    ],
)
def test_data_of_the_wrong_type_are_never_written(db: Any, act: Any, incident: Incident, event: Any) -> None:
    with db.read() as session:
        before = head_seq(session, incident.stream)
    with pytest.raises((msgspec.ValidationError, TypeError)):
        act(lambda uow: append(uow, incident.stream, SETUP, event()))
    with db.read() as session:
        assert head_seq(session, incident.stream) == before


@pytest.mark.engine("sqlite")
def test_a_missing_or_misspelt_field_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="text"):
        events.Noted()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="txt"):
        events.Noted(text="a", txt="b")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="float"):
        canonical({"beds": 1.5})


def test_an_unknown_stream_cannot_be_written_to(act: Any) -> None:
    with pytest.raises(NotFound, match="no journal"):
        act(lambda uow: append(uow, "incident:none", SETUP, events.Noted(text="x")))
    act(lambda uow: open_stream(uow, "facility:x"))
    with pytest.raises(sa.exc.IntegrityError):
        act(lambda uow: open_stream(uow, "facility:x"))


def test_the_commands_export_and_verify(app: Any, incident: Incident, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    exported = runner.invoke(args=["journal", "export", incident.number])
    assert exported.exit_code == 0
    file = tmp_path / "journal.jsonl"
    file.write_bytes(exported.stdout_bytes)
    held = runner.invoke(args=["journal", "verify", str(file)])
    assert held.exit_code == 0, held.output
    key = app.extensions["muster"].signer.public_key
    standalone = [sys.executable, ROOT / "tools" / "verify_journal.py", file, "--key", key]
    assert subprocess.run(standalone, capture_output=True, check=False).returncode == 0

    lines = exported.stdout_bytes.splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:4] + lines[5:]))
    broken = runner.invoke(args=["journal", "verify", str(file)])
    assert broken.exit_code == 1
    assert "seq 6 stands where 5 should" in broken.output
    assert subprocess.run(standalone, capture_output=True, check=False).returncode == 1
    unknown = runner.invoke(args=["journal", "export", "SBMC-1999-0001"])
    assert unknown.exit_code == 1
    assert "no incident" in unknown.output
