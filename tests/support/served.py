"""The program as gunicorn serves it, with two more routes: one change on demand, and who answers.

For tests and benchmarks against a running server: `gunicorn -c config/gunicorn.py tests.support.served:app`.
"""

from __future__ import annotations

import os
import time
from typing import Any

from app import create_app
from app.accounts.access import public
from app.incidents import actions
from app.runtime import transact
from tests.support.hospital import SETUP

app = create_app()


@app.post("/test/note/<uuid:incident_id>/<text>")
@public("tests", checks_csrf=False)
def note(incident_id: Any, text: str) -> dict[str, float]:
    """Answers with the moment of the commit, by the machine's clock."""
    transact(actions.note, SETUP, str(incident_id), text=text)
    return {"at": time.time()}


@app.get("/test/pid")
@public("tests")
def pid() -> dict[str, int]:
    return {"pid": os.getpid()}
