"""The least that sends to open boards with the same libraries: Flask-SocketIO's own emit, in the same server.

No database, no journal, no fold, no drawing, no sessions: what Muster's board is measured against.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from flask import Flask, request
from flask_socketio import SocketIO

_gevent = "gevent.monkey" in sys.modules and os.environ["MUSTER_DATABASE_URL"].startswith("postgresql")
app = Flask(__name__)
socketio = SocketIO(
    app,
    async_mode="gevent" if _gevent else "threading",
    message_queue=os.environ.get("MUSTER_REDIS_URL") or None,
    transports=["websocket"],
)


@socketio.on("join", namespace="/board")
def join(_message: Any) -> None:
    socketio.emit("cards", {"cards": []}, namespace="/board", to=request.sid, ignore_queue=True)  # type: ignore[attr-defined]


@app.post("/test/emit")
def emit() -> dict[str, float]:
    at = time.time()
    socketio.emit("cards", request.get_json(), namespace="/board")
    return {"at": at}


@app.get("/test/pid")
def pid() -> dict[str, int]:
    return {"pid": os.getpid()}
