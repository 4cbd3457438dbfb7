"""Who can hold each command position at each hospital, first choice first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path

from app.core.packs import read_csv
from app.demo.model import DepthEntry, Facility, Person
from app.incidents import catalogue

DATA = Path(__file__).parent / "data"

FULL_DEPTH = {"commander": 6, "officer": 5, "section_chief": 5, "branch_director": 4}
USUAL_DEPTH = 3
SMALL_HOSPITAL_DEPTH = 2


def depth_list(facilities: Sequence[Facility], people: Sequence[Person]) -> tuple[DepthEntry, ...]:
    """Two to six people for every position of the chart at every hospital."""
    return tuple(entry for facility in facilities for entry in _at(facility, people))


def _at(facility: Facility, people: Sequence[Person]) -> Iterable[DepthEntry]:
    by_job: dict[str, list[str]] = {}
    for person in people:
        if person.facility == facility.code:
            by_job.setdefault(person.job, []).append(person.number)
    listed: Counter[str] = Counter()
    first: set[str] = set()
    for position, jobs in _jobs_by_position().items():
        able = _able([by_job.get(job, []) for job in jobs], listed)
        able.sort(key=lambda number: number in first)
        chosen = able[: _depth(facility, position)]
        first.add(chosen[0])
        listed.update(chosen)
        for rank, number in enumerate(chosen, start=1):
            yield DepthEntry(facility.code, position, rank, number)


def _able(groups: Sequence[Sequence[str]], listed: Counter[str]) -> list[str]:
    """One of the best job, one of the next and so on, then the second of each; the least listed first."""
    eased = [sorted(group, key=lambda number: listed[number]) for group in groups]
    return [number for number in chain.from_iterable(zip_longest(*eased)) if number is not None]


def _depth(facility: Facility, position: str) -> int:
    full = FULL_DEPTH.get(catalogue.position(position).level, USUAL_DEPTH)
    return full if facility.size == 1 else max(SMALL_HOSPITAL_DEPTH, full - 2)


def _jobs_by_position() -> dict[str, list[str]]:
    rows = read_csv(DATA / "depth.csv", "position", "jobs")
    return {row.slug("position"): row.text("jobs").split(";") for row in rows}
