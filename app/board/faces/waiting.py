"""What waits for somebody: since when, who has it, what happens next and when."""

from __future__ import annotations

from typing import Any

from app.board.cards import card
from app.board.faces import links
from app.board.picture import Picture
from app.board.sections.waiting import WaitingView
from app.board.wording import Data, says
from app.escalation.kinds import KINDS
from app.escalation.wording import NEXT, late, names

SHOWN = 8


@card("waiting", "Waiting for somebody", region="main", template="board/waiting.html")
def waiting(picture: Picture) -> dict[str, Any]:
    """What nobody has comes first, then what somebody sees to, then what has been put aside."""
    found = sorted(picture.waiting.longest_first(), key=_rank)
    return {
        "rows": [_row(picture, each) for each in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "nobody": sum(_rank(each) == 0 for each in found),
        "number": len(found),
        "url": links.page(picture.command.id, "waiting"),
    }


def _rank(each: WaitingView) -> int:
    if each.shelved_until is not None:
        return 2
    return 1 if each.owner is not None else 0


def _row(picture: Picture, each: WaitingView) -> dict[str, Any]:
    kind = KINDS.get(each.what)
    base = links.page(picture.command.id, "waiting", each.id)
    return {
        "item": each,
        "label": kind.label if kind else each.what,
        "state": ("act", "watch", "normal")[_rank(each)],
        "next": NEXT.get(each.next_do or ""),
        "take_url": f"{base}/take",
        "pass_url": f"{base}/hand-on",
        "url": f"{links.page(picture.command.id, 'waiting')}#w-{each.id}",
    }


def _stepped_words(data: Data, _picture: Picture) -> str:
    if data["passed_over"]:
        return f"Passed over, {data['title']}: {data['passed_over']}"
    role = f" ({data['role']})" if data["role"] else ""
    done = {
        "ask_next": "No answer, next to be asked",
        "mark_overdue": "Overdue",
        "repeat": "Begun again from the first step",
    }
    told = f"Told {names(data['told'])}{role}"
    return f"{done.get(data['do'], told)}: {data['title']}{late(data['late_seconds'])}"


def _answered_words(data: Data, _picture: Picture) -> str:
    said = {"sees_to_it": "sees to it", "handed_on": "hands it on", "cannot": "cannot"}[data["answer"]]
    of = f", {data['acks']} of {data['needs']}" if data["needs"] > 1 else ""
    return f"{data['person_name']} {said}{of}: {data['title']}"


def _set_words(data: Data, picture: Picture) -> str:
    slot = picture.callouts.slots[data["subject_id"]]
    return f"Without an answer for {slot.title}, {NEXT[data['do']]}"


def _handed_words(data: Data, _picture: Picture) -> str:
    to = f"to {data['to']}" if data["to"] else "to the next step"
    return f"Handed on {to}: {data['title']}"


def _back_words(data: Data, _picture: Picture) -> str:
    told = f", {names(data['told'])} told" if data["told"] else ""
    return f"Still open{told}: {data['title']}{late(data['late_seconds'])}"


says("escalation.set", _set_words)
says("escalation.stepped", _stepped_words)
says("escalation.answered", _answered_words)
says("escalation.taken", "{by} sees to it: {title}")
says("escalation.handed_on", _handed_words)
says("escalation.shelved", lambda data, _picture: f"Put aside: {data['title'].rstrip('.')}. {data['reason']}")
says("escalation.came_back", _back_words)
says("escalation.ended", "Settled")
says("report.given", "Situation report: {text}")
