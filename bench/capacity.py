"""How many readings a second are entered and evaluated, and how long one takes to a fired trigger on a board.

    python -m bench.capacity [--scale 0.1] [--history 0,1000000] [--board 20] [--engine sqlite] [--json]

Scale 1 is 5,000 hospitals with 30 metrics each. Every reading goes through the action `enter`, 10,000 at a time as
at the API; the starting triggers and one on NEDOCS stand in every hospital. Beside it, in the same run, the bare
insert of the same rows into a table with the same unique rule, by the same driver.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import requests
import sqlalchemy as sa

from app import create_app
from app.core import migrate
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import Database, UnitOfWork
from app.facilities.models import Facility, Unit
from app.surge import actions, queries
from app.surge.actions import Given
from app.surge.actions.hospitals import take
from app.surge.definitions import Definition, write
from app.surge.metrics import BEDS, EMERGENCY
from app.surge.models import Firing, Reading, Trigger
from app.surge.score_metrics import CROWDING, DEMAND, WORK
from app.surge.triggers import Rule
from config.settings import Settings
from tests.support.hospital import SETUP
from tests.support.serving import Serving, serving
from tools import servers

BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOSPITALS, AT_ONCE, STEP = 5000, 10_000, timedelta(minutes=15)
FEED = Actor.system("bench feed")
CROWDED = Definition("Crowded", "nedocs", "ed", Rule("at_least", 141, on_delay=15, deadband=20, off_delay=60))
SCORES = tuple(row[0] for rows in (CROWDING, WORK, DEMAND) for row in rows)
# 3 + 3 + 3 + 3 and, of the emergency department, 3 and 15: 30 a hospital.
METRICS_OF = {
    "ICU": BEDS,
    "4W": BEDS,
    "5E": BEDS,
    "ED": (*BEDS, *EMERGENCY, *SCORES[:15]),
}


SERVERS: list[psutil.Process] = []
"""The database's, whose processor time counts too."""


@dataclass(frozen=True)
class Row:
    what: str
    count: int
    seconds: float
    per_second: int
    per_cpu_second: int
    """By the processor time of this process and of the database's: what one core with nothing else to do would give."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1, help="1 is 5,000 hospitals")
    parser.add_argument("--history", default="0", help="rows of readings already there, rising, with commas")
    parser.add_argument("--board", type=int, default=0, help="times that a reading is followed to a board")
    parser.add_argument("--engine", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args()
    rows: list[Row] = []
    with _database(options.engine) as url:
        db = _prepared(url)
        hospitals = max(1, round(HOSPITALS * options.scale))
        rows += bulk(db, hospitals, [int(each) for each in options.history.split(",")])
        db.dispose()
    reached = to_board(options.board) if options.board else {}
    load = os.getloadavg()[0]
    if options.json:
        print(
            json.dumps({"bench": "capacity", "rows": list(map(asdict, rows)), "board": reached, "load": load})
        )
        return
    print(f"{'':58}{'count':>10}{'seconds':>10}{'a second':>10}{'a CPU second':>14}")
    for row in rows:
        print(f"{row.what:58}{row.count:>10}{row.seconds:>10.2f}{row.per_second:>10}{row.per_cpu_second:>14}")
    if reached:
        print("A reading to its fired trigger on an open board, milliseconds:", reached)
    print(f"Load of the machine at the end: {load:.1f} on {os.cpu_count()} cores.")


def bulk(db: Database, hospitals: int, history: Sequence[int]) -> list[Row]:
    codes = _build(db, hospitals)
    rows = [_begun(db, hospitals)]
    clock: Any = db.clock
    rows += [_bare(db, codes), _entered(db, codes, "entered and evaluated, the first of each")]
    for name in ("the second", "the third"):
        clock.advance(minutes=15)
        rows.append(_entered(db, codes, f"entered and evaluated, {name} of each"))
    rows += _looks(db)
    some = codes[: max(1, min(len(codes), 2000))]
    for wanted in history:
        _fill(db, wanted)
        with db.read() as session:
            there = session.scalar(sa.select(sa.func.count()).select_from(Reading)) or 0
        for turn in ("", "again, "):
            clock.advance(minutes=15)
            rows.append(_entered(db, some, f"{turn}with {there:,} rows of history", limit=60_000))
    return rows


def readings(codes: Sequence[str], at: datetime) -> list[Given]:
    """Every number moves from round to round, and some hospitals are crowded."""
    turn = int((at - BEGIN) / STEP)
    return [
        Given(code, unit, metric, _value(metric, place, number + turn), at, "feed")
        for number, code in enumerate(codes)
        for unit, metrics in METRICS_OF.items()
        for place, metric in enumerate(metrics)
    ]


def _value(metric: str, place: int, number: int) -> int:
    if metric == "staffed_beds":
        return 30
    if metric == "occupied_beds":
        return 15 + number % 14
    return 40_000 if metric == "ed_visits_year" else (number + place) % 12


def _entered(db: Database, codes: Sequence[str], what: str, limit: int | None = None) -> Row:
    given = readings(codes, db.clock.now())[:limit]
    began = _moment()
    for start in range(0, len(given), AT_ONCE):
        entered = db.transact(actions.enter, FEED, readings=given[start : start + AT_ONCE])
        assert not entered.refused, entered.refused[0]
    return _row(what, len(given), began)


def _bare(db: Database, codes: Sequence[str]) -> Row:
    """The same rows, with nothing but the unique rule."""
    names = ("unit_id", "metric", "value", "observed_at", "received_at", "source", "entered_by", "revision")
    kept: Any = Reading.__table__
    table = sa.Table(
        "bare_readings",
        sa.MetaData(),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *(sa.Column(name, kept.c[name].type) for name in names),
        sa.UniqueConstraint("unit_id", "metric", "observed_at", "source", "revision"),
    )
    table.metadata.create_all(db.engine)
    at = db.clock.now()
    rows = [
        dict(zip(names, (f"{r.facility}-{r.unit}".ljust(36, "0"), r.metric, r.value, at, at, r.source, "bench", 0),
                 strict=True))
        for r in readings(codes, at)
    ]  # fmt: skip
    began = _moment()
    for start in range(0, len(rows), AT_ONCE):
        with db.write() as uow:
            uow.session.execute(sa.insert(table), rows[start : start + AT_ONCE])
    return _row("bare: insert of the same rows", len(rows), began)


def _begun(db: Database, hospitals: int) -> Row:
    """The first time a hospital is taken, it gets its triggers; here also one on NEDOCS."""
    began = _moment()
    with db.read() as session:
        ids = list(session.scalars(sa.select(Facility.id)))
    for start in range(0, len(ids), 500):
        db.transact(lambda uow, some: take(uow, some), ids[start : start + 500])
    row = _row("hospitals begun, with their triggers", hospitals, began)
    with db.write() as uow:
        state = sa.text("INSERT INTO trigger_states (trigger_id, status, known, memory, shown, provisional) "
                        "VALUES (:id, 'unknown', false, '[]', 'unknown', false)")  # fmt: skip
        made = [
            {"id": uow.new_id(), "facility_id": id, "slug": "crowded", "title": CROWDED.title, "unit_class": "ed",
             "recommends_rank": 0, "version": 1, "definition": write(CROWDED), "retired": False}
            for id in ids
        ]  # fmt: skip
        uow.session.execute(sa.insert(Trigger), made)
        uow.session.execute(state, [{"id": each["id"]} for each in made])
    return row


def _looks(db: Database) -> list[Row]:
    """The tick every 30 s: where nothing is due, and when every hospital's numbers are too old at once."""
    clock: Any = db.clock
    _look_until_done(db)
    clock.advance(seconds=1)
    began = _moment()
    looked = _look_until_done(db)
    rows = [_row(f"a look when nothing is due ({looked} looked at)", 1, began)]
    clock.advance(hours=2)
    with db.read() as session:
        due = len(queries.due(session, clock.now(), 1_000_000))
    began = _moment()
    _look_until_done(db)
    rows.append(_row("hospitals looked at, all of them due", due, began))
    with db.read() as session:
        fired = session.scalar(sa.select(sa.func.count()).select_from(Firing)) or 0
    rows.append(Row("triggers fired so far", fired, 0.0, 0, 0))
    return rows


def _look_until_done(db: Database) -> int:
    looked = 0
    while True:
        with db.read() as session:
            due = len(queries.due(session, db.clock.now(), 500))
        db.transact(actions.look_again, FEED)
        looked += due
        if due < 500:
            return looked


def _fill(db: Database, wanted: int) -> None:
    """History before everything else, of the same units and metrics."""
    with db.engine.begin() as connection:
        if db.is_sqlite:
            return
        connection.execute(sa.text("SET statement_timeout = 0"))
        there = connection.scalar(sa.text("SELECT count(*) FROM readings")) or 0
        pairs = connection.scalar(sa.text("SELECT count(*) FROM units")) or 1
        pairs = pairs * 30 // 4
        first, turns = there // pairs, -(-(wanted - there) // pairs)
        if turns <= 0:
            return
        for code, metrics in METRICS_OF.items():
            connection.execute(_HISTORY, {"code": code, "metrics": list(metrics), "first": first,
                                          "last": first + turns - 1, "begin": BEGIN})  # fmt: skip
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SET statement_timeout = 0"))
        connection.execute(sa.text("VACUUM ANALYZE readings"))


_HISTORY = sa.text(
    "INSERT INTO readings (unit_id, metric, value, observed_at, received_at, source, entered_by, revision) "
    "SELECT u.id, m, (g % 25)::int, CAST(:begin AS timestamptz) - g * interval '15 minutes', :begin, "
    "'feed', 'history', 0 "
    "FROM generate_series(CAST(:first AS int) + 1, CAST(:last AS int) + 1) g CROSS JOIN units u "
    "CROSS JOIN unnest(CAST(:metrics AS text[])) m WHERE u.code = :code"
)


def to_board(times: int) -> dict[str, float]:
    """A reading is posted to a served program; how long until the fired trigger has reached an open board."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root.chmod(0o755)
        database = stack.enter_context(servers.postgres(root / "postgres"))
        queue = stack.enter_context(servers.valkey(root / "valkey"))
        running = stack.enter_context(serving(root, database.database("board"), queue.url))
        return _followed(running, times)


def _followed(running: Serving, times: int) -> dict[str, float]:
    db: Database = running.app.extensions["muster"].db
    at_once = Definition("Full", "occupancy", "icu", Rule("at_least", 95.0))
    facility = running.incident.facility_id
    with db.write() as uow:
        actions.create_trigger(uow, SETUP, facility, definition=at_once, reason="To be measured")
    board = running.board()
    took = []
    try:
        for _ in range(times):
            _post(running, 0)
            time.sleep(0.5)
            before = len(board.shown.batches)
            began = time.perf_counter()
            _post(running, 12)
            while not _told(board.shown.batches[before:]) and time.perf_counter() - began < 10:
                time.sleep(0.002)
            took.append((time.perf_counter() - began) * 1000)
    finally:
        board.close()
    ranked = sorted(took)
    last = ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))]
    return {"times": times, "p50": round(statistics.median(ranked)), "p99": round(last)}


def _told(batches: Sequence[dict[str, Any]]) -> bool:
    return any("Full" in card["html"] for batch in batches for card in batch["cards"])


def _post(running: Serving, occupied: int) -> None:
    reading = {"facility": "SBMC", "unit": "ICU", "metric": "occupied_beds", "value": occupied,
               "observed_at": datetime.now(UTC).isoformat()}  # fmt: skip
    answer = requests.post(
        f"{running.url}/api/v1/readings",
        json=reading,
        headers={"Authorization": f"Bearer {running.token}"},
        timeout=20,
    )
    answer.raise_for_status()


@contextmanager
def _database(engine: str) -> Iterator[str]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        if engine == "sqlite":
            yield f"sqlite:///{folder / 'bench.db'}"
        else:
            server = stack.enter_context(servers.postgres(folder / "postgres"))
            SERVERS.append(psutil.Process(server.pid))
            stack.callback(SERVERS.clear)
            yield server.database("bench")


def _prepared(url: str) -> Database:
    key_file = Path(tempfile.mkdtemp()) / "journal.key"
    key_file.write_text(bytes(range(32)).hex())
    app = create_app(Settings(database_url=url, signing_key_file=key_file, jobs="off"), ManualClock(BEGIN))
    db: Database = app.extensions["muster"].db
    migrate.upgrade(db)
    return db


def _build(db: Database, hospitals: int) -> list[str]:
    codes = [f"H{number:04d}" for number in range(hospitals)]

    def build(uow: UnitOfWork) -> None:
        places, units = [], []
        for code in codes:
            place = uow.new_id()
            places.append({"id": place, "code": code, "name": f"Hospital {code}", "system_name": "Bench",
                           "zone": "America/New_York"})  # fmt: skip
            for unit in METRICS_OF:
                kind = {"ICU": "icu", "ED": "ed"}.get(unit, "med_surg")
                units.append({"id": uow.new_id(), "facility_id": place, "code": unit, "name": unit,
                              "unit_class": kind, "licensed_beds": 30, "physical_beds": 32, "staffed_beds": 30,
                              "patients_per_nurse": 4})  # fmt: skip
        uow.session.execute(sa.insert(Facility), places)
        uow.session.execute(sa.insert(Unit), units)

    db.transact(build)
    return codes


def _row(what: str, count: int, began: tuple[float, float]) -> Row:
    wall, cpu = (now - then for now, then in zip(_moment(), began, strict=True))
    return Row(what, count, round(wall, 3), round(count / wall), round(count / max(cpu, 0.001)))


def _moment() -> tuple[float, float]:
    """By the clock, and processor time so far: of this process, and of the database's."""
    spent = time.process_time()
    for server in SERVERS:
        for process in (server, *server.children(recursive=True)):
            times = process.cpu_times()
            spent += times.user + times.system
    return time.perf_counter(), spent


if __name__ == "__main__":
    main()
