"""A hospital's own named levels with their plans: the list, and the form of one."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for

from app.accounts.access import actor, requires
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.facilities.models import Facility
from app.incidents import catalogue
from app.runtime import runtime, transact
from app.surge import actions, inforce, queries
from app.surge.levels import (
    BAND_WORDS,
    COLOURS,
    CONVENTIONAL,
    HIGHEST_RANK,
    MOST_TASKS,
    Ladder,
    Level,
    LevelTask,
)
from app.surge.pages.frame import frame, hospital, pages
from app.web.forms import Errors, done, submitted, typed

FIELDS = ("position", "due_minutes", "text", "evidence")
EMPTY_ROWS = 3
LABELS = {
    "label": "Name",
    "meaning": "What it means",
    "colour": "Colour",
    "band": "Band",
    "rank": "Place",
    "reason": "Why",
    "tasks": "Action cards",
}
Row = dict[str, str]


@pages.route("/capacity/<code>/levels")
@requires(Permission.BOARD_VIEW)
def levels(code: str) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        ladder = inforce.levels_of(db, facility.id)
        recommending: dict[int, list[Any]] = {}
        for trigger, _ in queries.all_triggers(db, facility.id):
            if not trigger.retired:
                recommending.setdefault(trigger.recommends_rank, []).append(trigger)
        return render_template(
            "surge/levels.html",
            **frame(db, facility, "Levels and plans"),
            ladder=ladder,
            level=queries.level(db, facility.id),
            recommending=recommending,
            versions=inforce.level_versions(db, facility.id),
            positions=_positions(),
        )


@pages.route("/capacity/<code>/levels/new")
@requires(Permission.POLICY_EDIT)
def new_level(code: str) -> str:
    return _editor(code, None)


@pages.route("/capacity/<code>/levels/new", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def add_level(code: str) -> Any:
    def act() -> Any:
        rank = int(typed("rank")) if typed("rank").isdecimal() and len(typed("rank")) < 3 else -1
        level = _typed_level(rank)
        transact(
            actions.add_level,
            actor(),
            _facility(code).id,
            version=_version(),
            level=level,
            reason=typed("reason"),
        )
        return done(f"{level.label} is a level from now on.", url_for("surge.levels", code=code))

    return submitted(act, lambda errors: _editor(code, None, errors))


@pages.route("/capacity/<code>/levels/<int:rank>")
@requires(Permission.POLICY_EDIT)
def edit_level(code: str, rank: int) -> str:
    return _editor(code, rank)


@pages.route("/capacity/<code>/levels/<int:rank>", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def change_level(code: str, rank: int) -> Any:
    def act() -> Any:
        level = _typed_level(rank)
        made = transact(
            actions.change_level,
            actor(),
            _facility(code).id,
            version=_version(),
            level=level,
            reason=typed("reason"),
        )
        return done(f"{made.change}: version {made.version}.", url_for("surge.levels", code=code))

    return submitted(act, lambda errors: _editor(code, rank, errors))


@pages.route("/capacity/<code>/levels/<int:rank>/remove", methods=["POST"])
@requires(Permission.POLICY_EDIT)
def remove_level(code: str, rank: int) -> Any:
    def act() -> Any:
        made = transact(
            actions.remove_level,
            actor(),
            _facility(code).id,
            version=_version(),
            rank=rank,
            reason=typed("reason"),
        )
        return done(f"{made.change}.", url_for("surge.levels", code=code))

    return submitted(act, lambda errors: _editor(code, rank, errors))


def _facility(code: str) -> Facility:
    with runtime().db.read() as db:
        return hospital(db, code)


def _version() -> int:
    return int(typed("version")) if typed("version").isdecimal() else -1


def _positions() -> dict[str, str]:
    return {each.slug: each.title for each in catalogue.positions()}


def _rows_typed() -> list[Row]:
    """The action cards with anything in them; what is empty is no card."""
    rows = [
        {name: typed(f"task-{number}-{name}") for name in FIELDS}
        for number in range(MOST_TASKS + EMPTY_ROWS + 1)
    ]
    return [row for row in rows if row["text"] or row["evidence"]]


def _typed_level(rank: int) -> Level:
    tasks = tuple(
        LevelTask(row["position"], _minutes(row["due_minutes"]), row["text"], row["evidence"])
        for row in _rows_typed()
    )
    return Level(rank, "", typed("label"), typed("meaning"), typed("colour"), typed("band"), tasks)


def _minutes(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _editor(code: str, rank: int | None, errors: Errors | None = None) -> str:
    with runtime().db.read() as db:
        facility = hospital(db, code)
        actor().require(Permission.POLICY_EDIT, facility.id)
        ladder = inforce.levels_of(db, facility.id)
        if rank is not None and rank not in ladder:
            raise NotFound(f"There is no level {rank} at {facility.name}.")
        level = ladder[rank] if rank is not None else None
        return render_template(
            "surge/edit_level.html",
            **frame(db, facility, level.label if level else "New level"),
            level=level,
            ladder=ladder,
            data=request.form.to_dict() if "label" in request.form else _form_of(level),
            rows=_rows(level),
            places=_places(ladder),
            bands=list(BAND_WORDS.items()),
            colours=[(each, each) for each in COLOURS],
            positions=list(_positions().items()),
            errors=errors or {},
            labels=LABELS | _row_labels(),
        )


def _form_of(level: Level | None) -> dict[str, str]:
    if level is None:
        return {"colour": COLOURS[0], "band": CONVENTIONAL}
    return {name: getattr(level, name) for name in ("label", "meaning", "colour", "band")}


def _rows(level: Level | None) -> list[Row]:
    """The cards typed so far, or those of the level, and some empty ones."""
    if "label" in request.form:
        rows = _rows_typed()
    else:
        rows = [
            {name: str(getattr(task, name)) for name in FIELDS} for task in (level.tasks if level else ())
        ]
    return rows + [dict.fromkeys(FIELDS, "") for _ in range(EMPTY_ROWS)]


def _places(ladder: Ladder) -> list[tuple[int, str]]:
    """The ranks that are free, said by the level below."""
    free = [rank for rank in range(1, HIGHEST_RANK + 1) if rank not in ladder]
    return [(rank, f"{rank}: above {ladder[rank].label}") for rank in free]


def _row_labels() -> dict[str, str]:
    words = {"position": "who", "due_minutes": "minutes", "text": "what", "evidence": "what shows it"}
    return {
        f"task-{number}-{name}": f"Action card {number + 1}, {words[name]}"
        for number in range(MOST_TASKS + EMPTY_ROWS)
        for name in FIELDS
    }
