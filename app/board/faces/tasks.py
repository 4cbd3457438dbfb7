"""Open tasks by the time they are due, and those just ended, which can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.sections.tasks import TaskView

SHOWN = 12
LATELY = 4


@card("tasks", "Tasks", region="main", template="board/tasks.html")
def tasks(picture: Picture) -> dict[str, Any]:
    waiting = picture.tasks.open()
    overdue = [task for task in waiting if task.overdue]
    return {
        "rows": [_row(picture, task) for task in waiting[: max(SHOWN, len(overdue))]],
        "open_count": len(waiting),
        "overdue_count": len(overdue),
        "more": max(0, len(waiting) - max(SHOWN, len(overdue))),
        "lately": [_row(picture, task) for task in _ended_lately(picture)],
        "url": links.page(picture.command.id, "tasks"),
    }


def _ended_lately(picture: Picture) -> list[TaskView]:
    ended = [task for task in picture.tasks.items.values() if task.ended_at is not None]
    return sorted(ended, key=_ended_at, reverse=True)[:LATELY]


def _ended_at(task: TaskView) -> datetime:
    assert task.ended_at is not None
    return task.ended_at


def _row(picture: Picture, task: TaskView) -> dict[str, Any]:
    position = picture.command.positions.get(task.position)
    base = links.page(picture.command.id, "tasks", task.id)
    return {
        "task": task,
        "position": position.title if position else task.position,
        "done_url": f"{base}/done",
        "reopen_url": f"{base}/reopen",
    }
