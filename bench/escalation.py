"""How long one tick of the escalation engine takes.

    python -m bench.escalation [--open 10000] [--due 500] [--finished 1000000] [--incidents 20]
                               [--engine sqlite|postgresql|both] [--json]

Tasks with deadlines wait in so many open incidents. Measured are a tick that finds nothing due, and one that finds
`--due` due; half of these mark a task overdue, half tell the incident commander (a row for the notice, gathered
with others for the same person). Then as many finished steps are put beside them, and both are measured again.
Each figure is the median of three, in seconds; `cpu` is the processor time of this process alone, for a machine
that has other work. One process, one thread, as a `jobs` process ticks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app import create_app
from app.core import migrate
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.escalation import actions, engine
from app.escalation.models import Deadline, DeadlineState, Escalation
from app.escalation.planner import Step
from app.incidents.actions import declare
from app.incidents.models import Task, TaskState
from config import logs
from config.settings import DEMO_SECRET, Settings
from tests.support.hospital import Hospital, build
from tools.servers import postgres

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FAR = START + timedelta(days=2)
ROUNDS = 3
AT_ONCE = 5_000
FORM = "{:<11} {:>9} {:>7} {:>9} {:>6} {:>9} {:>7} {:>10}"


@dataclass(frozen=True)
class Row:
    engine: str
    finished: int
    open: int
    none_due: float
    due: int
    some_due: float
    cpu: float
    ms_a_step: float


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--finished", type=int, default=1_000_000)
    parser.add_argument("--incidents", type=int, default=20)
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    engines = ("sqlite", "postgresql") if wanted.engine == "both" else (wanted.engine,)
    rows: list[Row] = []
    print(FORM.format("engine", "finished", "open", "none due", "due", "some due", "cpu", "ms a step"))
    for name in engines:
        for row in measured(name, wanted):
            rows.append(row)
            print(
                FORM.format(
                    row.engine,
                    f"{row.finished:,}",
                    f"{row.open:,}",
                    f"{row.none_due:.4f}",
                    row.due,
                    f"{row.some_due:.3f}",
                    f"{row.cpu:.3f}",
                    f"{row.ms_a_step:.2f}",
                ),
                flush=True,
            )
    if wanted.json:
        print(json.dumps({"bench": "escalation", "rows": [asdict(row) for row in rows]}))


def measured(name: str, wanted: argparse.Namespace) -> Iterator[Row]:
    with place(name) as (db, clock):
        hospital = db.transact(build)
        steps = [Step(0, "mark_overdue"), Step(600, "tell_commander")]
        db.transact(
            actions.set_policy,
            hospital.administrator,
            hospital.facility.id,
            "task",
            steps=steps,
            rounds=1,
        )
        incidents = [_incident(db, hospital) for _ in range(wanted.incidents)]
        db.transact(_fill, incidents, wanted.open)
        for finished in (0, wanted.finished) if wanted.finished else (0,):
            if finished:
                _finish(db, incidents[0], finished)
            _vacuum(db)
            yield _row(db, clock, name, wanted, finished)


def _row(db: Database, clock: ManualClock, name: str, wanted: argparse.Namespace, finished: int) -> Row:
    idle, busy, cpu = [], [], []
    for _ in range(ROUNDS):
        idle.append(_timed(db, 0)[0])
        db.transact(_make_due, clock.now(), wanted.due)
        took, used = _timed(db, wanted.due)
        busy.append(took)
        cpu.append(used)
        clock.advance(seconds=1)
    some = statistics.median(busy)
    return Row(
        name,
        finished,
        _open(db),
        round(statistics.median(idle), 5),
        wanted.due,
        round(some, 4),
        round(statistics.median(cpu), 4),
        round(1000 * some / max(wanted.due, 1), 3),
    )


def _timed(db: Database, expected: int) -> tuple[float, float]:
    """Seconds on the clock, and of this process's processor time."""
    began, used = time.perf_counter(), time.process_time()
    done = engine.tick(db, "https://muster.example")
    took = time.perf_counter() - began, time.process_time() - used
    if done != expected:
        raise SystemExit(f"{done} steps were done, {expected} were due")
    return took


@contextmanager
def place(name: str) -> Iterator[tuple[Database, ManualClock]]:
    """A migrated, empty system on an engine of its own."""
    logs.configure("text")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'bench.db'}"
        if name == "postgresql":
            url = stack.enter_context(postgres(folder)).database("bench")
        settings = Settings(
            database_url=url,
            signing_key_file=folder / "journal.key",
            secret_key=DEMO_SECRET,
            public_url="http://localhost",
            jobs="off",
        )
        (folder / "journal.key").write_text(bytes(range(32)).hex())
        clock = ManualClock(START)
        app = create_app(settings, clock)
        db: Database = app.extensions["muster"].db
        migrate.upgrade(db)
        with app.app_context():
            yield db, clock
        db.dispose()


def _incident(db: Database, hospital: Hospital) -> str:
    made = db.transact(
        declare,
        hospital.commander,
        guide="mass_casualty_incident",
        facility_id=hospital.facility.id,
        exercise=False,
        activation_level="full",
        reason="Measured",
    )
    db.transact(_clear)
    return made.id


def _clear(uow: UnitOfWork) -> None:
    uow.session.execute(sa.update(Deadline).values(state=DeadlineState.CANCELLED))
    uow.session.execute(sa.update(Escalation).values(ended_at=uow.now))


def _fill(uow: UnitOfWork, incidents: list[str], number: int) -> None:
    """Tasks that wait, every second for its first step and every second for its last."""
    tasks, waiting, timers = [], [], []
    for n in range(number):
        task_id, incident_id = uow.new_id(), incidents[n % len(incidents)]
        tasks.append(
            {
                "id": task_id,
                "incident_id": incident_id,
                "position_slug": "operations_section_chief",
                "text": f"Measured task {n}",
                "window": "immediate",
                "source": "by_hand",
                "state": TaskState.OPEN,
                "overdue": False,
                "created_at": uow.now,
                "note": "",
            }
        )
        subject = {"kind": "task", "subject_id": task_id, "incident_id": incident_id}
        waiting.append(subject | {"id": task_id, "began_at": uow.now, "title": "", "told": ""})
        step = (0, "mark_overdue") if n % 2 else (1, "tell_commander")
        timer = {"id": uow.new_id(), "stream": f"incident:{incident_id}", "round": 1, "due_at": FAR}
        timers.append(subject | timer | {"step": step[0], "do": step[1], "state": DeadlineState.OPEN})
    for model, rows in ((Task, tasks), (Escalation, waiting), (Deadline, timers)):
        for start in range(0, number, AT_ONCE):
            uow.session.execute(sa.insert(model), rows[start : start + AT_ONCE])


def _finish(db: Database, incident_id: str, number: int) -> None:
    """So many steps that have been done, of as many things that have ended."""
    for start in range(0, number, 20 * AT_ONCE):
        db.transact(_finished, incident_id, start, min(20 * AT_ONCE, number - start))


def _finished(uow: UnitOfWork, incident_id: str, start: int, number: int) -> None:
    then = uow.now - timedelta(days=1)
    for at in range(start, start + number, AT_ONCE):
        ids = [f"done-{n:09d}" for n in range(at, min(at + AT_ONCE, start + number))]
        common: dict[str, Any] = {"kind": "task", "incident_id": incident_id, "ended_at": then, "round": 1}
        uow.session.execute(
            sa.insert(Escalation),
            [common | {"id": i, "subject_id": i, "title": "", "told": "", "began_at": then} for i in ids],
        )
        done = {"stream": f"incident:{incident_id}", "step": 0, "do": "mark_overdue", "due_at": then}
        done |= {"state": DeadlineState.DONE, "late_seconds": 0}
        uow.session.execute(sa.insert(Deadline), [common | done | {"id": i, "subject_id": i} for i in ids])


def _make_due(uow: UnitOfWork, now: datetime, number: int) -> None:
    some = sa.select(Deadline.id).where(Deadline.state == DeadlineState.OPEN, Deadline.due_at >= FAR)
    chosen = list(uow.session.scalars(some.order_by(Deadline.id).limit(number)))
    for start in range(0, number, 500):
        uow.session.execute(
            sa.update(Deadline).where(Deadline.id.in_(chosen[start : start + 500])).values(due_at=now)
        )


def _open(db: Database) -> int:
    with db.read() as session:
        query = sa.select(sa.func.count()).where(Deadline.state == DeadlineState.OPEN)
        return session.scalar(query) or 0


def _vacuum(db: Database) -> None:
    """As autovacuum would have done by then."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


if __name__ == "__main__":
    main()
