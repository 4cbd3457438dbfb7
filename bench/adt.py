"""How many ADT messages a second are read and folded, in memory and with the database.

    python -m bench.adt [--visits 2000] [--engine sqlite|postgresql|both|none] [--json]

Beside it the least that could count patients: split each message at its separators, last place wins. That has no
order by event time, no duplicates, no cancels, no refusals and no acknowledgements.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import create_app
from app.census import hl7
from app.census.queries import census
from app.census.receive import PURPOSE, Receiver
from app.census.reduce import Context, Reduced, reduce_message
from app.census.rules import fold
from app.census.visits import State
from app.core import migrate
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import UnitOfWork
from app.core.pseudonyms import Pseudonyms
from app.facilities.models import Facility, Unit
from config.settings import DEMO_SECRET, Settings
from tools.servers import postgres

BEGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)
WARDS = ("ICU", "4W", "5E", "ED")
PER_BODY = 500


@dataclass(frozen=True)
class Row:
    what: str
    messages: int
    seconds: float
    per_second: int
    per_cpu_second: int
    """By the processor time of this process: what a machine with nothing else to do would give."""
    in_house: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.adt", description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=2000)
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both", "none"), default="both")
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of a table")
    options = parser.parse_args()
    engines = {"both": ("sqlite", "postgresql"), "none": ()}.get(options.engine, (options.engine,))
    bodies = messages(options.visits)
    rows = [bare(bodies), in_memory(bodies), *(with_database(engine, bodies) for engine in engines)]
    if options.json:
        print(json.dumps({"bench": "adt", "rows": list(map(asdict, rows))}))
        return
    print(f"{'':34}{'messages':>10}{'seconds':>10}{'a second':>10}{'a CPU second':>14}{'in house':>10}")
    for row in rows:
        rates = f"{row.per_second:>10}{row.per_cpu_second:>14}"
        print(f"{row.what:34}{row.messages:>10}{row.seconds:>10.2f}{rates}{row.in_house:>10}")


def messages(visits: int) -> list[bytes]:
    """Admissions, transfers, updates, and for half of them a discharge; some cancelled, all shuffled."""
    dice = random.Random(1)
    found = []
    for visit in range(visits):
        steps = ["A01", "A08", "A02", "A08"] + (["A03"] if visit % 2 else ["A02", "A12"])
        for step, event in enumerate(steps):
            at = BEGIN + timedelta(minutes=dice.randrange(5) + 10 * step)
            place = f"{dice.choice(WARDS)}^{visit % 30}^{visit}"
            found.append(_message(event, visit, step, at.strftime("%Y%m%d%H%M%S+0000"), place))
    dice.shuffle(found)
    return found


def _message(event: str, visit: int, step: int, at: str, place: str) -> bytes:
    lines = (
        f"MSH|^~\\&|EHR|BENCH|MUSTER|BENCH|{at}||ADT^{event}|{visit}-{step}|P|2.5",
        f"EVN|{event}|{at}",
        f"PID|1||{visit}^^^BENCH^MR||NOBODY^NOLAN||19700101|U|||1 NOWHERE^^TOWN^ST^00000",
        "PD1|||CLINIC^^1",
        "NK1|1|NOBODY^NORA|SPO",
        f"PV1|1|I|{place}||||1^DOCTOR^DORA|||MED||||||||{'|'}V{visit}",
        "IN1|1|PLAN|1|PAYER",
    )
    return "".join(f"{line}\r" for line in lines).encode()


def bare(bodies: list[bytes]) -> Row:
    began = _moment()
    places: dict[str, str | None] = {}
    for body in bodies:
        segments = {line[:3]: line.split("|") for line in body.decode().split("\r") if line}
        event, pv1 = segments["MSH"][8].split("^")[1], segments["PV1"]
        places[pv1[19]] = None if event in ("A03", "A11") else pv1[3].split("^")[0]
    count = sum(place is not None for place in places.values())
    return _row("bare: split, last place wins", bodies, began, count)


def in_memory(bodies: list[bytes]) -> Row:
    """Open, parse, reduce and fold, as the receiver does, without the database."""
    began = _moment()
    now = BEGIN + timedelta(hours=12)
    context = Context("bench", "America/New_York", now, Pseudonyms(DEMO_SECRET, PURPOSE))
    events = []
    for body in bodies:
        for part in hl7.open_envelope(body).parts:
            found = reduce_message(hl7.parse(part), context)
            assert isinstance(found, Reduced)
            events += found.events
    folded = fold(events)
    count = sum(visit.state is State.IN_HOUSE for visit in folded.visits.values())
    return _row("parse, reduce and fold", bodies, began, count)


def with_database(engine: str, bodies: list[bytes]) -> Row:
    with _receiver(engine) as receiver:
        began = _moment()
        for start in range(0, len(bodies), PER_BODY):
            receipt = receiver.receive(b"".join(bodies[start : start + PER_BODY]))
            assert not receipt.reasons, receipt.reasons[0]
        row = _row(f"received, {engine}, {PER_BODY} a body", bodies, began, 0)
        with receiver.runtime.db.read() as session:
            assert receiver.facility is not None
            count = census(session, receiver.facility, receiver.runtime.clock.now()).occupied
    return replace(row, in_house=count)


@contextmanager
def _receiver(engine: str) -> Iterator[Receiver]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'bench.db'}"
        if engine == "postgresql":
            url = stack.enter_context(postgres(folder / "postgres")).database("bench")
        key_file = folder / "journal.key"
        key_file.write_text(bytes(range(32)).hex())
        settings = Settings(database_url=url, signing_key_file=key_file, jobs="off")
        app = create_app(settings, ManualClock(BEGIN + timedelta(hours=12)))
        runtime = app.extensions["muster"]
        migrate.upgrade(runtime.db)
        facility = runtime.db.transact(_hospital)
        stack.callback(runtime.db.dispose)
        yield Receiver(runtime, Actor.system("census"), facility)


def _hospital(uow: UnitOfWork) -> Facility:
    place = Facility(
        id=uow.new_id(), code="BENCH", name="Bench", system_name="Bench", zone="America/New_York"
    )
    uow.session.add(place)
    uow.session.flush()
    for code in WARDS:
        numbers = {"licensed_beds": 30, "physical_beds": 30, "staffed_beds": 30, "patients_per_nurse": 4}
        kind = "icu" if code == "ICU" else "med_surg"
        unit = Unit(id=uow.new_id(), facility_id=place.id, code=code, name=code, unit_class=kind, **numbers)
        uow.session.add(unit)
    return place


def _row(what: str, bodies: list[bytes], began: tuple[float, float], in_house: int) -> Row:
    wall, cpu = (now - then for now, then in zip(_moment(), began, strict=True))
    return Row(
        what, len(bodies), round(wall, 3), round(len(bodies) / wall), round(len(bodies) / cpu), in_house
    )


def _moment() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
