"""Invents the staff: names, jobs, phones and who reports to whom."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random

from app.core.packs import read_csv
from app.demo.model import Facility, Person

DATA = Path(__file__).parent / "data"

# 555-0100 to 555-0199 are kept free for fiction in every area code of the North American plan.
AREA_CODES = ("315", "518", "585", "607", "716", "845")
FICTIONAL_LINES = 100
HIRE_YEARS = (1994, 2025)
EXTRA_SKILLS = ("spanish", "mandarin", "sign_language", "driver", "radio", "scribe")


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how many people have it at each hospital."""

    slug: str
    title: str
    department: str
    skills: tuple[str, ...]
    reports_to: str | None
    holders: tuple[tuple[str, int], ...]


def jobs(facilities: Sequence[Facility]) -> tuple[Job, ...]:
    codes = [facility.code for facility in facilities]
    return tuple(
        Job(
            slug=row.slug(),
            title=row.text("title"),
            department=row.text("department"),
            skills=tuple(row.text("skills").split(";")),
            reports_to=row.optional_text("reports_to"),
            holders=tuple((code, row.integer(code, 0, 100)) for code in codes),
        )
        for row in read_csv(DATA / "jobs.csv", "slug", "title", "department", "skills", "reports_to", *codes)
    )


def staff(facilities: Sequence[Facility], rng: Random) -> tuple[Person, ...]:
    """Everybody, hospital by hospital in the order of the job list, the main hospital's head first."""
    work = jobs(facilities)
    names = _names(rng)
    phones = _phones(rng)
    numbers = count(10_001)
    people = [
        _person(job, facility, next(names), next(phones), f"E{next(numbers)}", rng)
        for facility in facilities
        for job in work
        for _ in range(dict(job.holders)[facility.code])
    ]
    return _with_supervisors(people, {job.slug: job.reports_to for job in work})


def _person(
    job: Job, facility: Facility, name: tuple[str, str], phone: str, number: str, rng: Random
) -> Person:
    extra = [skill for skill in EXTRA_SKILLS if rng.random() < 0.07]
    return Person(
        number=number,
        given_name=name[0],
        family_name=name[1],
        job=job.slug,
        job_title=job.title,
        department=job.department,
        skills=tuple(sorted({*job.skills, *extra})),
        facility=facility.code,
        phone=phone,
        email=f"{_ascii(name[0])}.{_ascii(name[1])}@demo.example",
        travel_minutes=min(90, 5 + round(rng.lognormvariate(2.7, 0.6))),
        hire_year=rng.randint(*HIRE_YEARS),
        supervisor=None,
    )


def _with_supervisors(people: Sequence[Person], superior: dict[str, str | None]) -> tuple[Person, ...]:
    """Give everyone the superior their job names, taking turns where several people have that job."""
    head = people[0]
    holders: dict[tuple[str, str], list[str]] = {}
    for person in people:
        holders.setdefault((person.facility, person.job), []).append(person.number)
    turns = {place: count() for place in holders}

    def supervisor(person: Person) -> str | None:
        job = superior[person.job]
        while job is not None and (person.facility, job) not in holders:
            job = superior[job]
        if job is not None:
            numbers = holders[person.facility, job]
            return numbers[next(turns[person.facility, job]) % len(numbers)]
        return None if person is head else head.number

    return tuple(replace(person, supervisor=supervisor(person)) for person in people)


def _names(rng: Random) -> Iterator[tuple[str, str]]:
    """Full names, each only once, with the family names spread evenly."""
    rows = read_csv(DATA / "names.csv", "kind", "name")
    given = [row.text("name") for row in rows if row.text("kind") == "given"]
    family = [row.text("name") for row in rows if row.text("kind") == "family"]
    used: set[tuple[str, str]] = set()
    while True:
        rng.shuffle(family)
        for surname in family:
            name = (rng.choice(given), surname)
            if name not in used:
                used.add(name)
                yield name


def _phones(rng: Random) -> Iterator[str]:
    phones = [f"+1{area}55501{line:02d}" for area in AREA_CODES for line in range(FICTIONAL_LINES)]
    rng.shuffle(phones)
    return iter(phones)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalpha())
