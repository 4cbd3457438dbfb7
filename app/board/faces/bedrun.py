"""Immediate bed availability: beds that count against the target and the four hours, and how the journal says it."""

from __future__ import annotations

from functools import partial
from typing import Any

from app.bedruns import rules
from app.bedruns.drawing import drawn
from app.bedruns.looks import look
from app.bedruns.wording import DONE, SENTENCES, STATES
from app.board.cards import card
from app.board.picture import Picture
from app.board.wording import Data, says


@card("bedrun", "Immediate bed availability", region="main", template="board/bedrun.html")
def bedrun(picture: Picture) -> dict[str, Any]:
    """Reckoned as of the last count, so that one version of the card is always drawn alike. None: no card."""
    run = picture.bedrun.run
    if run is None:
        return {"one": None}
    last = max((count.at for count in run.counts.values()), default=run.started_at)
    one = look(run, last)
    return {
        "one": one,
        "drawn": drawn(one),
        "word": STATES[run.state],
        "steps": [(DONE[step], one.of(step)) for step in rules.STEPS],
        "url": f"/bedruns/{run.id}",
    }


def _said(kind: str, data: Data, _picture: Picture) -> str:
    return SENTENCES[kind](data)


for _kind in SENTENCES:
    says(_kind, partial(_said, _kind))
