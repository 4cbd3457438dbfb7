"""The trigger lab: choose rules and a stretch of history, see how well they would have warned, keep the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app.accounts.access import actor, requires
from app.core.errors import Invalid, NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.facilities.queries import facility as facility_by_id
from app.runtime import runtime, transact
from app.surge import actions, labseries, packs, queries
from app.surge.definitions import DAY, Definition, duration, read, rule_errors, sentence
from app.surge.lab import Target
from app.surge.measures import MEASURES, Measure, suits
from app.surge.models import LabRun
from app.surge.pages.fields import UNITS, place_words
from app.surge.pages.frame import frame, hospital, pages
from app.surge.recorded import samples_of
from app.surge.triggers import Rule, Sample
from app.surge.trying import (
    COMPLEMENT,
    Answer,
    Chosen,
    Question,
    Stretch,
    answer,
    as_seen_by,
    changed,
    suggested,
)
from app.web.forms import Errors, submitted, typed

LONGEST_DAYS = 400
_ANY = Rule("at_least", 0.0)
SIDES = ("a", "b")
LABELS = {
    "title": "Name",
    "days": "How far back",
    "file": "File",
    "place": "Where",
    "measure": "What is looked at",
    "target": "The crossing that matters",
    "hold": "For this long",
    "ahead": "How long before it a warning counts",
    "flap": "It flaps when it fires again within",
    "rules_a": "Set A",
    "rules_b": "Set B",
    "what_if_threshold": "Set B with the limit",
    "what_if_clear_limit": "Set B clears at",
    "what_if_on_delay": "Set B fires after",
    "what_if_off_delay": "Set B clears after",
}
_FORM = {
    "days": "14",
    "measure": "occupancy",
    "place": "icu",
    "target_comparison": "at_least",
    "target": "100",
    "hold": "1",
    "hold_unit": "hours",
    "ahead": "3",
    "ahead_unit": "days",
    "flap": "1",
    "flap_unit": "days",
    "what_if_on_delay_unit": "hours",
    "what_if_off_delay_unit": "hours",
}


@pages.route("/capacity/<code>/lab")
@requires(Permission.BOARD_VIEW)
def lab(code: str) -> str:
    """`?trigger=` begins with one of the hospital's own, `?care=` with other numbers for it: see `suggested`."""
    with runtime().db.read() as db:
        facility = hospital(db, code)
        data: dict[str, Any] = dict(_FORM)
        for trigger, _ in queries.all_triggers(db, facility.id):
            if trigger.id == request.args.get("trigger"):
                definition = read(trigger.definition)
                data |= {"rules_a": [f"own:{trigger.id}"], "rules_b": [f"own:{trigger.id}"]}
                data |= {"place": trigger.unit_class, "measure": definition.measure}
                for name, number in suggested(definition.rule, request.args.get("care", "")).items():
                    data |= {f"what_if_{name}": f"{number:g}", f"what_if_{name}_unit": "minutes"}
    return _page(facility, data, {})


@pages.route("/capacity/<code>/lab", methods=["POST"])
@requires(Permission.BOARD_VIEW)
def try_out(code: str) -> Any:
    with runtime().db.read() as db:
        facility = hospital(db, code)

    def act() -> Any:
        with runtime().db.read() as db:
            question, stretches = _asked(db, facility, runtime().clock.now())
        found = answer(question, stretches, ZoneInfo(facility.zone))
        title = typed("title") or question.stretch
        kept = transact(
            actions.keep_run, actor(), facility.id, title=title[:200], question=question, answer=found
        )
        return redirect(url_for("surge.lab_run", run_id=kept.id))

    def again(errors: Errors) -> str:
        data: dict[str, Any] = request.form.to_dict()
        data |= {f"rules_{side}": request.form.getlist(f"rules_{side}") for side in SIDES}
        return _page(facility, data, errors)

    return submitted(act, again)


@pages.route("/capacity/lab/<uuid:run_id>")
@requires(Permission.BOARD_VIEW)
def lab_run(run_id: UUID) -> str:
    with runtime().db.read() as db:
        kept = db.get(LabRun, str(run_id))
        if kept is None:
            raise NotFound("There is no such run.")
        facility = hospital(db, facility_by_id(db, kept.facility_id).code)
        question = msgspec.json.decode(kept.question, type=Question)
        return render_template(
            "surge/lab_run.html",
            **frame(
                db,
                facility,
                kept.title,
                {"label": "Trigger lab", "url": url_for("surge.lab", code=facility.code)},
            ),
            run=kept,
            question=question,
            answer=msgspec.json.decode(kept.result, type=Answer),
            measure=MEASURES[question.measure],
            duration=duration,
            lead=_lead,
            says=lambda rule: sentence(rule.definition, place_words(rule.definition.unit_class)),
        )


def _page(facility: Facility, data: Mapping[str, Any], errors: Errors) -> str:
    with runtime().db.read() as db:
        return render_template(
            "surge/lab.html",
            **frame(db, facility, "Trigger lab"),
            data=data,
            errors=errors,
            labels=LABELS,
            rules=[(key, f"{rule.label}, {rule.origin}") for key, rule in _rules(db, facility).items()],
            measures=[(m.slug, m.label) for m in MEASURES.values()],
            places=[(slug, place_words(slug)) for slug in packs.PLACES],
            units=[(name, name) for name in UNITS],
            runs=queries.lab_runs(db, facility.id),
        )


def _rules(db: Session, facility: Facility) -> dict[str, Chosen]:
    """What can be tried: the hospital's own in their version now, and the published ones."""
    found = {
        f"own:{trigger.id}": Chosen(trigger.title, f"version {trigger.version}", read(trigger.definition))
        for trigger, _ in queries.all_triggers(db, facility.id)
        if not trigger.retired
    }
    for pack in (packs.starting(), *packs.examples()):
        for rule in pack.rules:
            origin = f"{pack.title} {pack.version}"
            found[f"pack:{pack.slug}:{rule.slug}"] = Chosen(rule.definition.title, origin, rule.definition)
    return found


def _asked(db: Session, facility: Facility, now: datetime) -> tuple[Question, list[Stretch]]:
    """Raises Invalid naming the field that cannot be used."""
    measure, place = typed("measure"), typed("place")
    if measure not in MEASURES:
        raise Invalid.field("measure", "choose what is looked at")
    if place not in packs.PLACES or not suits(MEASURES[measure], place):
        raise Invalid.field("place", f"{MEASURES[measure].label} is not counted there")
    target = _target()
    sets = _sets(_rules(db, facility))
    file = request.files.get("file")
    content = file.read() if file else b""
    watched = Definition("", measure, place, target.rule)
    if content:
        stretches = _from_file(content, facility, measure, sets)
        stretch = f"{(file.filename if file else '') or 'file'}"[:120]
    else:
        days = _whole("days", 1, LONGEST_DAYS)
        stretches = [_own(db, facility, watched, sets, now, timedelta(days=days))]
        stretch = f"{days} days of {facility.name}, {place_words(place)}"
    if not any(sample.bounds.known for each in stretches for sample in each.target):
        raise Invalid.field(
            "days", "nobody has reported these numbers in that time; choose others, or a file"
        )
    return Question(stretch, measure, target, _span("flap"), tuple(sets)), stretches


def _target() -> Target:
    try:
        threshold = float(typed("target").replace(",", "."))
    except ValueError:
        raise Invalid.field("target", "must be a number") from None
    found = Target(typed("target_comparison"), threshold, _span("hold"), _span("ahead"), _span("ahead"))
    for name, why in rule_errors(found.rule).items():
        field = {"comparison": "target", "threshold": "target", "on_delay": "hold"}.get(name, "ahead")
        raise Invalid.field(field, why)
    return found


def _sets(known: Mapping[str, Chosen]) -> list[tuple[Chosen, ...]]:
    sets = []
    for side in SIDES:
        keys = request.form.getlist(f"rules_{side}")
        if any(key not in known for key in keys) or len(keys) > 20:
            raise Invalid.field(f"rules_{side}", "choose rules of the list, at most 20")
        if keys:
            sets.append(tuple(known[key] for key in keys))
        elif side == "a":
            raise Invalid.field("rules_a", "choose at least one rule")
    numbers = _what_if()
    if any(value is not None for value in numbers.values()):
        if len(sets) < 2:
            raise Invalid.field("rules_b", "choose the rules that get other numbers")
        sets[1] = tuple(_other(rule, numbers) for rule in sets[1])
    return sets


def _other(rule: Chosen, numbers: Mapping[str, float | int | None]) -> Chosen:
    made = changed(rule.definition, numbers)
    for name, why in rule_errors(made.rule).items():
        field = "clear_limit" if name == "deadband" else name
        raise Invalid.field(f"what_if_{field}", why)
    return Chosen(rule.label, f"{rule.origin}, with other numbers", made)


def _what_if() -> dict[str, float | int | None]:
    numbers: dict[str, float | int | None] = {}
    for name in ("threshold", "clear_limit"):
        text = typed(f"what_if_{name}").replace(",", ".")
        try:
            numbers[name] = float(text) if text else None
        except ValueError:
            raise Invalid.field(f"what_if_{name}", "must be a number") from None
    for name in ("on_delay", "off_delay"):
        numbers[name] = _span(f"what_if_{name}") if typed(f"what_if_{name}") else None
    return numbers


def _own(
    db: Session,
    facility: Facility,
    watched: Definition,
    sets: Sequence[tuple[Chosen, ...]],
    now: datetime,
    length: timedelta,
) -> Stretch:
    rules = tuple(
        tuple(samples_of(db, facility.id, rule.definition, now, length) for rule in chosen) for chosen in sets
    )
    target = samples_of(db, facility.id, watched, now, length)
    begins = max(now - length, target[0].at) if target else now - length
    return Stretch(facility.name, begins, now, target, rules)


def _from_file(
    content: bytes, facility: Facility, measure: str, sets: Sequence[tuple[Chosen, ...]]
) -> list[Stretch]:
    try:
        series = labseries.read(content, facility.zone)
    except labseries.Unreadable as problem:
        raise Invalid.field("file", str(problem)) from problem
    found = []
    for name, track in sorted(series.items()):
        times = track.times
        samples = _of_measure(track, name, measure, measure)
        if samples is None:
            raise Invalid.field("measure", f"{_wanted(MEASURES[measure])}, which is not in this file")
        rules = tuple(
            tuple(_seen(rule, track, name, measure, side) for rule in chosen)
            for side, chosen in zip(SIDES, sets, strict=False)
        )
        found.append(Stretch(name, times[0], times[-1], samples, rules))
    return found


def _seen(rule: Chosen, track: labseries.Track, name: str, target: str, side: str) -> Sequence[Sample]:
    watched = MEASURES[rule.definition.measure]
    found = _of_measure(track, name, watched.slug, target)
    if found is None:
        raise Invalid.field(
            f"rules_{side}", f"{rule.label} looks at {_wanted(watched)}, which is not in this file"
        )
    return found


def _of_measure(track: labseries.Track, name: str, slug: str, target: str) -> Sequence[Sample] | None:
    """The share in use and the share free are one number, so either serves for both."""
    found = labseries.seen(track, name, MEASURES[slug], target)
    other = COMPLEMENT.get(slug)
    if found is None and other is not None:
        turned = labseries.seen(track, name, MEASURES[other], target)
        found = None if turned is None else as_seen_by(Definition("", slug, "", _ANY), other, turned)
    return found


def _wanted(measure: Measure) -> str:
    """The measure, and the columns of a file that would give it."""
    if measure.whole == "physical" or not measure.metrics:
        return measure.label.lower()
    return f"{measure.label.lower()} (columns {' and '.join(measure.metrics)})"


def _whole(name: str, low: int, high: int) -> int:
    text = typed(name)
    if not text.isdecimal() or len(text) > 5 or not low <= int(text) <= high:
        raise Invalid.field(name, f"must be a whole number from {low} to {high}")
    return int(text)


def _span(name: str) -> int:
    unit = typed(f"{name}_unit", "days")
    if unit not in UNITS:
        raise Invalid.field(name, "choose minutes, hours or days")
    return _whole(name, 0, 60 * DAY // UNITS[unit]) * UNITS[unit]


def _lead(minutes: float | None) -> str:
    if minutes is None:
        return "none"
    if minutes >= 2 * DAY:
        return f"{minutes / DAY:.1f} days"
    return f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes:.0f} minutes"
