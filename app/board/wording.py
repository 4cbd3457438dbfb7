"""Journal entries in plain words, for the board, the log and the after-action record.

A room adds its own with `says("callout.opened", "Call-out for {title}")`; an entry that nobody has words for
can be read all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.board.picture import Picture

Data = Mapping[str, Any]
Words = Callable[[Data, Picture], str]

_SENTENCES: dict[str, Words] = {}


def says(kind: str, words: str | Words) -> None:
    """`words` is a format string over the event's fields, or a function of its data and the picture."""
    _SENTENCES[kind] = words if callable(words) else _filled(words)


def sentence(kind: str, data: Data, picture: Picture) -> str:
    """What happened, in one line. Never raises: an old entry may lack what today's words want."""
    try:
        return _SENTENCES[kind](data, picture)
    except (KeyError, AttributeError, IndexError, TypeError, ValueError):
        return _plainly(kind, data)


def _filled(pattern: str) -> Words:
    return lambda data, _picture: pattern.format(**data)


def _plainly(kind: str, data: Data) -> str:
    """`request.raised` with a text becomes "Request raised: ..."."""
    words = kind.replace(".", " ").replace("_", " ").capitalize()
    detail = next((data[k] for k in ("title", "name", "text", "statement", "reason") if data.get(k)), None)
    return f"{words}: {detail}" if isinstance(detail, str) else words


def _task(data: Data, picture: Picture) -> str:
    return picture.tasks.items[data["task_id"]].text


def _position(data: Data, picture: Picture) -> str:
    return picture.command.positions[data["position"]].title


def _because(text: str, reason: str) -> str:
    return f"{text.rstrip('.')}: {reason}" if reason else text


def _declared(data: Data, _picture: Picture) -> str:
    what = "Exercise" if data["exercise"] else "Incident"
    return f"{what} declared, {data['activation_level']} activation: {data['name']}. {data['reason']}"


def _assigned(data: Data, _picture: Picture) -> str:
    eta = data["eta_minutes"]
    coming = f", expected in {eta} min" if eta is not None else ""
    return f"{data['person_name']} is {data['title']}{coming}"


def _task_added(data: Data, picture: Picture) -> str:
    return f"Task for {_position(data, picture)}: {data['text']}"


def _overdue(data: Data, picture: Picture) -> str:
    return f"Overdue, {_position(data, picture)}: {_task(data, picture)}"


def _shown_by(data: Data) -> str:
    """The evidence, where it was asked for, and the note."""
    return ". ".join(each for each in (data.get("evidence", ""), data["note"]) if each)


def _objective_ended(data: Data, picture: Picture) -> str:
    text = picture.command.objectives[data["objective_id"]].text
    return _because(f"Objective {data['state']}, {text}", data["reason"])


def _offer_ended(data: Data, _picture: Picture) -> str:
    return _because(f"Offer of command {data['state']}", data["reason"])


says("incident.declared", _declared)
says("incident.level_changed", "Activation is now {activation_level}: {reason}")
says("incident.closed", "Incident closed: {reason}")
says("position.opened", "Position opened: {title}")
says("position.assigned", _assigned)
says("position.relieved", "{person_name} relieved as {title}: {reason}")
says("command.offered", "Command offered to {to_person_name}")
says("command.offer_ended", _offer_ended)
says("objective.set", "Objective {priority}: {text}")
says("objective.ended", _objective_ended)
says("task.added", _task_added)
says("task.done", lambda data, picture: _because(f"Done: {_task(data, picture)}", _shown_by(data)))
says(
    "task.not_applicable",
    lambda data, picture: _because(f"Does not apply: {_task(data, picture)}", data["reason"]),
)
says("task.reopened", lambda data, picture: _because(f"Open again: {_task(data, picture)}", data["reason"]))
says("task.overdue", _overdue)
says("log.noted", "{text}")
says("entry.corrected", "Correction of entry {seq}: {statement}")
