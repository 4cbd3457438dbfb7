"""All hospitals of the person looking, the one under most pressure first; for a wall and for a phone too."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for

from app.accounts.access import requires
from app.core.errors import Forbidden
from app.core.permissions import Permission
from app.runtime import runtime
from app.surge.levels import state_of
from app.surge.pages.frame import pages, visible_hospitals
from app.surge.system import class_words, system


@pages.route("/capacity")
@requires(Permission.BOARD_VIEW)
def index() -> Any:
    """Who may see one hospital goes there; who may see several begins with all of them. `?wall=1` for a wall."""
    now = runtime().clock.now()
    with runtime().db.read() as db:
        hospitals = visible_hospitals(db)
        if not hospitals:
            raise Forbidden("There is no hospital whose capacity you may see.")
        if len(hospitals) == 1:
            return redirect(url_for("surge.show", code=hospitals[0].code))
        names = sorted({each.system_name for each in hospitals})
        return render_template(
            "surge/system.html",
            found=system(db, hospitals, now),
            names=names,
            class_words=class_words,
            state_of=state_of,
            wall=request.args.get("wall") == "1",
        )
