"""Posts to other systems: signed, never redirected, only to addresses of the settings."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from app.messaging.carriers import Accepted, Ambiguous, ErrorClass, Outgoing, Refused
from app.messaging.carriers.webhook import WebhookCarrier
from app.messaging.channels import Channel
from app.messaging.status import MessageStatus
from config.outward import Hook, read_hooks
from tools.servers import free_port

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "a-secret-of-some-length"


@dataclass
class Other:
    """Another system. It answers with `status`, after `delay` seconds."""

    status: int = 200
    delay: float = 0.0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    @Request.application
    def app(self, request: Request) -> Response:
        self.got.append((dict(request.headers), request.get_data()))
        time.sleep(self.delay)
        return Response(status=self.status, headers={"Location": f"{self.url}elsewhere"})


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    server = make_server("127.0.0.1", 0, other.app, threaded=True)
    other.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield other
    server.shutdown()
    server.server_close()
    thread.join()


def carrier(url: str) -> WebhookCarrier:
    return WebhookCarrier([Hook("paging", url, SECRET)], lambda: NOW, timeout=0.3)


def post(to: str = "paging") -> Outgoing:
    return Outgoing(to, "Nobody took charge", "attempt-1", "BCDF", channel=Channel.WEBHOOK, title="Alarm")


def test_a_post_is_signed_over_its_time_and_body(other: Other) -> None:
    assert carrier(other.url).send(post()) == Accepted(
        "post:attempt-1", MessageStatus.DELIVERED, reports=False
    )
    [(headers, body)] = other.got
    stamp = headers["Muster-Timestamp"]
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Muster-Signature"] == f"sha256={expected}"
    assert int(stamp) == int(NOW.timestamp())
    assert json.loads(body) == {
        "id": "attempt-1",
        "reference": "BCDF",
        "title": "Alarm",
        "text": "Nobody took charge",
        "sent_at": "2026-11-23T09:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (302, ErrorClass.FIX_CONTACT),
        (401, ErrorClass.FIX_CONTACT),
        (410, ErrorClass.FIX_CONTACT),
        (429, ErrorClass.RETRY_LATER),
        (503, ErrorClass.RETRY_LATER),
    ],
)
def test_a_refusal_is_a_refusal_and_a_redirection_is_not_followed(
    other: Other, status: int, error_class: ErrorClass
) -> None:
    other.status = status
    result = carrier(other.url).send(post())
    assert isinstance(result, Refused)
    assert result.error_class is error_class
    assert len(other.got) == 1


def test_what_may_have_been_taken_is_ambiguous(other: Other) -> None:
    other.status = 500
    assert isinstance(carrier(other.url).send(post()), Ambiguous)
    other.delay = 0.6
    assert isinstance(carrier(other.url).send(post()), Ambiguous)
    assert carrier(other.url).find("paging", "BCDF", NOW) is None


def test_nobody_there_is_tried_later_and_an_unknown_name_never(other: Other) -> None:
    gone = carrier(f"http://127.0.0.1:{free_port()}/").send(post())
    assert isinstance(gone, Refused)
    assert gone.error_class is ErrorClass.RETRY_LATER
    unknown = carrier(other.url).send(post(other.url))
    assert isinstance(unknown, Refused)
    assert unknown.error_class is ErrorClass.FIX_CONTACT
    assert other.got == []


def test_systems_are_named_in_the_settings() -> None:
    hooks, problems = read_hooks(
        f"paging=https://p.example/in?x=1#{SECRET} wall=http://localhost:9/#{SECRET}"
    )
    assert problems == []
    assert [(hook.name, hook.url) for hook in hooks] == [
        ("paging", "https://p.example/in?x=1"),
        ("wall", "http://localhost:9/"),
    ]
    assert SECRET not in repr(hooks)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("https://p.example/#secret-secret-secret", "name="),
        (f"paging=http://p.example/#{SECRET}", "https"),
        (f"paging=https://user@p.example/#{SECRET}", "without a user"),
        ("paging=https://p.example/#short", "16 characters"),
        (f"a=https://p.example/#{SECRET} a=https://q.example/#{SECRET}", "second time"),
    ],
)
def test_a_bad_system_is_refused_in_words(text: str, names: str) -> None:
    _, problems = read_hooks(text)
    assert len(problems) == 1
    assert names in problems[0]
