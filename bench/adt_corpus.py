"""What becomes of a folder of ADT messages: each is applied, a repetition, or refused with a reason.

    python -m bench.adt_corpus FOLDER [--year 2026]

Prints two Markdown tables. Every file is sent to a receiver of its own, into one empty database.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from app import create_app
from app.census.models import AdtEvent
from app.census.receive import Receiver
from app.core import migrate
from app.core.actor import Actor
from app.core.clock import ManualClock
from app.core.db import UnitOfWork
from app.facilities.models import Facility, Unit
from app.runtime import Runtime
from config.settings import DEMO_SECRET, Settings

SENDER = Actor.system("corpus")


@dataclass
class Found:
    """By folder: what became of its messages; by reason: how many were refused; by effect: what events did."""

    folders: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.adt_corpus", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, default=2026, help="the year in which the messages come")
    options = parser.parse_args()
    print(tables(take(options.folder, options.year)))


def take(folder: Path, year: int) -> Found:
    with tempfile.TemporaryDirectory() as name:
        return _take(folder, year, Path(name))


def _take(folder: Path, year: int, at: Path) -> Found:
    key = at / "journal.key"
    key.write_text(bytes(range(32)).hex())
    settings = Settings(
        database_url=f"sqlite:///{at / 'corpus.db'}",
        signing_key_file=key,
        secret_key=DEMO_SECRET,
        public_url="http://localhost",
        jobs="off",
    )
    app = create_app(settings, ManualClock(datetime(year, 11, 23, 9, tzinfo=UTC)))
    rt = app.extensions["muster"]
    try:
        migrate.upgrade(rt.db)
        with app.app_context():
            return send_all(rt, rt.db.transact(_hospital), folder)
    finally:
        rt.db.dispose()


def send_all(rt: Runtime, hospital: Facility, folder: Path) -> Found:
    """Every file of the folder to a receiver of its own."""
    found = Found()
    for path in sorted(p for p in folder.rglob("*") if p.name.endswith((".hl7", ".hl7.gz"))):
        body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        receipt = Receiver(rt, SENDER, hospital).receive(body)
        counts = found.folders.setdefault(str(path.parent.relative_to(folder)), Counter())
        counts.update(receipt.counts)
        counts["files"] += 1
        found.reasons.update(map(_kind, receipt.reasons))
    with rt.db.read() as db:
        query = sa.select(AdtEvent.effect, sa.func.count()).group_by(AdtEvent.effect)
        found.effects.update({effect.value: n for effect, n in db.execute(query)})
    return found


def tables(found: Found) -> str:
    lines = ["| folder | files | applied | repeated | refused |", "|---|---|---|---|---|"]
    for name, counts in sorted(found.folders.items()):
        numbers = " | ".join(str(counts[key]) for key in ("files", "applied", "duplicate", "refused"))
        lines.append(f"| {name if name != '.' else 'the folder itself'} | {numbers} |")
    lines += ["", "| refused because | messages |", "|---|---|"]
    lines += [f"| {reason} | {n} |" for reason, n in found.reasons.most_common()]
    lines += ["", "| what the events did | events |", "|---|---|"]
    lines += [f"| {effect.replace('_', ' ')} | {n} |" for effect, n in found.effects.most_common()]
    return "\n".join(lines)


def _kind(reason: str) -> str:
    """The reason without the value it quotes, so that alike ones are counted together."""
    where, _, why = reason.partition(": ")
    if "lies in the future" in why:
        why = "lies in the future"
    if where == "MSH-9" and "not taken here" in why:
        why = "is no ADT message"
    return f"{where}: {why}".replace("|", "\\|")


def _hospital(uow: UnitOfWork) -> Facility:
    place = Facility(
        id=uow.new_id(), code="CORPUS", name="Corpus", system_name="Corpus", zone="America/New_York"
    )
    uow.session.add(place)
    uow.session.flush()
    uow.session.add(
        Unit(
            id=uow.new_id(),
            facility_id=place.id,
            code="ICU",
            name="Intensive Care",
            unit_class="icu",
            licensed_beds=12,
            physical_beds=12,
            staffed_beds=12,
            patients_per_nurse=2,
        )
    )
    uow.session.flush()
    return place


if __name__ == "__main__":
    main()
