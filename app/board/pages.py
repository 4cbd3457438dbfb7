"""The board: live, on a wall, without a socket, and as it was at any entry or minute."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g, jsonify, render_template, request, url_for

from app.accounts.access import actor, requires
from app.board.boards import Boards
from app.board.cards import REGIONS
from app.board.faces import in_region
from app.board.picture import Picture
from app.core.clock import as_utc
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.health.checks import NEVER, silent_since
from app.incidents.models import Incident
from app.incidents.queries import visible_incident
from app.runtime import runtime

pages = Blueprint("board", __name__)

LARGEST = 10**9


@pages.route("/incidents/<uuid:incident_id>")
@requires(Permission.BOARD_VIEW)
def show(incident_id: Any) -> str:
    """`?wall=1` for a screen nobody touches; `?at=` an entry number or a time for how it was then."""
    incident = _visible(incident_id)
    at = request.args.get("at", "").strip()
    if at:
        return _as_it_was(incident, at)
    batch = _boards().catch_up(incident.id, 0)
    cards = {card["id"]: card["html"] for card in batch["cards"]}
    return _page(incident, cards, batch["seq"], wall=request.args.get("wall") == "1")


@pages.route("/incidents/<uuid:incident_id>/cards")
@requires(Permission.BOARD_VIEW, keeps_awake=False)
def cards(incident_id: Any) -> Any:
    """What changed after `?after=`, for a browser that has no socket."""
    incident = _visible(incident_id)
    after = request.args.get("after", "0")
    if not after.isdecimal() or int(after) > LARGEST:
        raise Invalid.field("after", "must be a whole number, 0 or more")
    return jsonify(_boards().catch_up(incident.id, int(after)))


def moment_of(text: str, zone: str) -> int | datetime:
    """An entry number, or a time, which without an offset is the hospital's own. Raises Invalid."""
    if text.isdecimal() and 1 <= int(text) <= LARGEST:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError):
        raise Invalid.field(
            "at", "must be the number of an entry, from 1, or a time such as 2026-11-23T14:32"
        ) from None


def _as_it_was(incident: Incident, at: str) -> str:
    boards, zone = _boards(), _zone(incident)
    picture = boards.pictures.at(incident.id, moment_of(at, zone))
    with boards.pictures.newest(incident.id) as newest:
        last = newest.seq
    drawn = {card["id"]: card["html"] for card in boards.past(picture)}
    return _page(incident, drawn, picture.seq, replay=_replay(picture, last))


def _replay(picture: Picture, last: int) -> dict[str, Any]:
    seq = picture.seq
    steps = (("First entry", 1), ("Back", seq - 1), ("On", seq + 1), ("Last entry", last))
    return {
        "seq": seq,
        "at": picture.at,
        "last": last,
        "steps": [(label, to) for label, to in steps if 1 <= to <= last and to != seq],
    }


def _page(
    incident: Incident, cards: dict[str, str], seq: int, *, wall: bool = False, replay: Any = None
) -> str:
    g.zone = _zone(incident)
    regions = {
        region: [cards[card.id] for card in in_region(region) if card.id in cards] for region in REGIONS
    }
    # The past is only looked at, and its ages are counted from then.
    as_then: dict[str, Any] = {"can": [], "now": replay["at"]} if replay else {}
    rt = runtime()
    with rt.db.read() as db:
        silent = silent_since(db, rt.clock.now())
    return render_template(
        "board/show.html",
        incident=incident,
        base=url_for("board.show", incident_id=incident.id),
        exercise=incident.exercise,
        regions=regions,
        seq=seq,
        wall=wall,
        replay=replay,
        silent_since=silent,
        never_ran=silent == NEVER,
        **as_then,
    )


def _zone(incident: Incident) -> str:
    with _boards().pictures.newest(incident.id) as picture:
        return picture.command.zone


def _visible(incident_id: Any) -> Incident:
    with runtime().db.read() as db:
        return visible_incident(db, actor(), str(incident_id))


def _boards() -> Boards:
    return runtime().parts["boards"]
