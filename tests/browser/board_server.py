"""The smallest real server that speaks the board's protocol, with switches to make it misbehave."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, render_template, render_template_string, request
from flask_socketio import SocketIO, emit
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.serving import make_server

from app.web import filters, gallery

WEB = Path(gallery.__file__).parent

PAGE = """
{% extends "layout/base.html" %}{% import "macros/ui.html" as ui %}{% import "macros/forms.html" as forms %}
{% block title %}Board{% endblock %}
{% block live %}{{ ui.live(now) }}{% endblock %}
{% block main_attrs %}
data-module="board" data-incident="i1" data-seq="{{ seq }}" data-poll="/cards"
{% endblock %}
{% block main %}
<div class="grid" data-cards>{% for card in cards %}{{ card | safe }}{% endfor %}</div>
{% endblock %}
"""
CARD = """
{% import "macros/ui.html" as ui %}{% import "macros/forms.html" as forms %}
{% call ui.card(id, "Card " ~ id, version) %}
<p class="text">{{ text }}</p>
<details id="details-{{ id }}"><summary>More</summary><p>Details</p></details>
{{ ui.opens("dialog-" ~ id, "Open " ~ id) }}
{% call ui.dialog("dialog-" ~ id, "Dialog") %}<p>In the dialog</p>{% endcall %}
{% call forms.form("/note", pushed=true, inline=true) %}
{{ forms.text("note", "Note " ~ id, id="note-" ~ id) }}
{{ forms.select("unit", "Unit " ~ id, [("a", "A"), ("b", "B")], id="unit-" ~ id) }}
{{ forms.submit("Save " ~ id) }}
{% endcall %}
{{ forms.post("/stop", "Stop " ~ id, "danger", pushed=true, inline=true,
              confirm="Really stop?", needs="incident.command") }}
<p data-needs="request.fulfil" class="hidden-control">not for you</p>
{% endcall %}
"""


@dataclass
class Board:
    """Cards and their versions, who hears of them, and the switches."""

    seq: int = 10
    cards: dict[str, tuple[int, str]] = field(default_factory=lambda: {"a": (1, "one"), "b": (1, "one")})
    joins: list[int] = field(default_factory=list)
    posts: list[dict[str, str]] = field(default_factory=list)
    polls: int = 0
    heartbeat: bool = True
    refuse: bool = False
    signed_out: bool = False
    post_delay: float = 0.0


def everyone_sees() -> dict[str, Any]:
    """What app.web.pages gives every page, for one made-up commander."""
    account = {"name": "Dana Ortiz", "sign_out_url": "/sign-out"}
    nav = [{"label": label, "url": f"/{label}", "current": label == "Board"} for label in ("Board", "Review")]
    return {
        "account": account,
        "can": ["incident.command"],
        "nav": nav,
        "now": datetime.now(UTC),
        "zone": "UTC",
        "asset_version": "0",
    }


def make_app(board: Board) -> tuple[Flask, SocketIO]:
    app = Flask(__name__, root_path=str(WEB), template_folder="templates", static_folder="static")
    app.config.update(SECRET_KEY="test", TESTING=False)
    app.jinja_env.undefined = StrictUndefined
    filters.install(app)
    app.context_processor(everyone_sees)
    CSRFProtect(app)
    socketio = SocketIO(app, async_mode="threading")

    def draw(card: str) -> str:
        version, text = board.cards[card]
        return render_template_string(CARD, id=card, version=version, text=text)

    def since(after: int) -> dict[str, Any]:
        cards = [
            {"id": card, "version": version, "html": draw(card)}
            for card, (version, _) in board.cards.items()
            if version > after
        ]
        return {"after": after, "seq": board.seq, "cards": cards}

    app.extensions["since"] = since
    app.extensions["draw"] = draw

    @app.after_request
    def policy(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    @app.get("/")
    def page() -> str:
        if board.signed_out:
            return "<title>Sign in</title><h1>Sign in</h1>"
        drawn = [draw(card) for card in board.cards]
        return render_template_string(PAGE, cards=drawn, seq=board.seq)

    @app.get("/gallery")
    def show_gallery() -> str:
        values = gallery.context(datetime.now(UTC), wall="wall" in request.args)
        return render_template("layout/gallery.html", **values)

    @app.post("/sign-out")
    def sign_out() -> str:
        board.signed_out = True
        return "<title>Sign in</title><h1>Sign in</h1>"

    @app.get("/cards")
    def cards() -> Any:
        board.polls += 1
        return ("", 401) if board.signed_out else jsonify(since(int(request.args["after"])))

    @app.post("/note")
    def note() -> Any:
        threading.Event().wait(board.post_delay)
        board.posts.append(dict(request.form))
        if not request.form["note"]:
            errors = {"note": ["Write something, at most 200 characters."]}
            return jsonify(title="Please correct this", status=422, errors=errors), 422
        return jsonify(message="Saved.")

    @app.post("/stop")
    def stop() -> Any:
        board.posts.append(dict(request.form))
        return jsonify(message="Stopped.")

    @socketio.on("connect", namespace="/board")
    def connect() -> bool:
        return not board.refuse

    @socketio.on("join", namespace="/board")
    def join(message: dict[str, Any]) -> None:
        board.joins.append(message["seq"])
        emit("cards", since(message["seq"]))

    return app, socketio


class Server:
    """A running board server."""

    def __init__(self) -> None:
        self.board = Board()
        self.app, self.socketio = make_app(self.board)
        self.http = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self._stopped = threading.Event()

    def change(self, card: str, text: str, tell: bool = True) -> None:
        """One journal entry that changes one card. tell=False: the push is lost."""
        after = self.board.seq
        self.board.seq += 1
        self.board.cards[card] = (self.board.seq, text)
        if tell:
            self.push({**self._render(after), "after": after})

    def push(self, batch: dict[str, Any]) -> None:
        self.socketio.emit("cards", batch, namespace="/board")

    def kick(self) -> None:
        """End every session's socket from this side, as signing out does."""
        manager = self.socketio.server.manager
        for sid, _ in list(manager.get_participants("/board", None)):
            self.socketio.server.disconnect(sid, namespace="/board")

    def _render(self, after: int) -> dict[str, Any]:
        with self.app.test_request_context():
            return self.app.extensions["since"](after)

    def _beat(self) -> None:
        while not self._stopped.wait(1.0):
            if self.board.heartbeat:
                head = {"seq": self.board.seq, "at": datetime.now(UTC).isoformat()}
                self.socketio.emit("head", head, namespace="/board")

    def start(self) -> None:
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self.kick()
        self.http.shutdown()


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()
