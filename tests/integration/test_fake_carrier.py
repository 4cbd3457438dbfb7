"""The fake carrier as a process of its own, steered by HTTP: what a benchmark relies on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from app.messaging.carriers import Accepted, Outgoing, Refused
from app.messaging.carriers.twilio import TwilioCarrier, TwilioSettings
from tests.fakes.carrier import MAGIC, FakeCarrier, Settings

ANA = "+12025550123"


class Levers:
    """The control interface of a fake carrier in another process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, content: object = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        with urlopen(Request(f"{self.url}/_control/{path}", data, method=method)) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def levers() -> Iterator[Levers]:
    command = [sys.executable, "-m", "tests.fakes.carrier", "--port", "0", "--seed", "3", "--speed", "10"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout
        yield Levers(process.stdout.readline().removeprefix("fake carrier on ").strip())
        process.terminate()
        assert process.wait(timeout=5) == 0


@pytest.fixture
def carrier(levers: Levers) -> TwilioCarrier:
    levers("POST", "reset", {})
    return carrier_at(levers.url)


def carrier_at(url: str) -> TwilioCarrier:
    settings = Settings()
    return TwilioCarrier(
        TwilioSettings(
            settings.account_sid, settings.auth_token, settings.default_sender, base_url=url, timeout=2.0
        )
    )


def outgoing(to: str = ANA, body: str = "K7Q2 Reply 1, 2, 3 or 9") -> Outgoing:
    return Outgoing(to, body, "attempt-1", "K7Q2")


def test_the_ledger_tells_what_came_and_what_came_twice(levers: Levers, carrier: TwilioCarrier) -> None:
    for _ in range(2):
        assert isinstance(carrier.send(outgoing()), Accepted)
    carrier.send(outgoing("+12025550124"))
    while levers("GET", "summary")["busy"]:
        time.sleep(0.01)
    summary = levers("GET", "summary")
    assert (summary["accepted"], summary["recipients"], summary["duplicates"]) == (3, 2, 1)
    assert summary["statuses"] == {"delivered": 3}
    ledger = levers("GET", "ledger?to=%2B12025550123")
    assert len(ledger["accepted"]) == 2
    assert ledger["duplicates"] == [{"to": ANA, "body": outgoing().body, "times": 2}]
    assert [call["answered"] for call in ledger["calls"]] == [201, 201]


def test_faults_are_set_and_lifted(levers: Levers, carrier: TwilioCarrier) -> None:
    levers("POST", "faults", {"kind": "refuse", "to": ANA, "code": 30007})
    assert isinstance(carrier.send(outgoing()), Refused)
    assert isinstance(carrier.send(outgoing("+12025550124")), Accepted)
    levers("DELETE", "faults")
    assert isinstance(carrier.send(outgoing()), Accepted)


def test_a_fault_strikes_as_often_as_it_says(levers: Levers, carrier: TwilioCarrier) -> None:
    levers("POST", "faults", {"kind": "too_many", "times": 2})
    assert [type(carrier.send(outgoing())) for _ in range(4)] == [Refused, Refused, Accepted, Accepted]


def test_chance_follows_the_seed() -> None:
    def refused(seed: int) -> list[bool]:
        with FakeCarrier(Settings(seed=seed)) as fake:
            fake.fault("too_many", probability=0.5)
            carrier = carrier_at(fake.url)
            return [isinstance(carrier.send(outgoing()), Refused) for _ in range(40)]

    assert refused(1) == refused(1) != refused(2)
    assert 5 < sum(refused(1)) < 35


@pytest.mark.parametrize(
    ("path", "content", "names"),
    [
        ("faults", {"kind": "gremlin"}, "kind must be one of"),
        ("faults", {"kind": "slow", "delay": -1}, "delay"),
        ("faults", {"kind": "slow", "probability": 2}, "probability"),
        ("inbound", {"from": ANA}, "body"),
        ("settings", {"colour": "red"}, "colour"),
        ("nothing", {}, "nothing"),
    ],
)
def test_a_bad_order_is_refused_by_name(levers: Levers, path: str, content: dict, names: str) -> None:
    with pytest.raises(HTTPError) as told:
        levers("POST", path, content)
    assert told.value.code == 400
    assert names in json.load(told.value)["error"]


@pytest.mark.parametrize("number", [number for number, fault in MAGIC.items() if fault.kind == "refuse"])
def test_magic_numbers_refuse_with_their_code(levers: Levers, carrier: TwilioCarrier, number: str) -> None:
    result = carrier.send(outgoing(number))
    assert isinstance(result, Refused)
    assert result.code == MAGIC[number].code


def test_order_gaps_and_peak_are_known() -> None:
    with FakeCarrier() as fake:
        carrier = carrier_at(fake.url)
        numbers = [f"+1202555{100 + number:04d}" for number in range(5)]
        for number in numbers:
            carrier.send(outgoing(number, "x" * 161))
        assert fake.ledger.order() == numbers
        assert len(fake.ledger.gaps()) == 4
        assert min(fake.ledger.gaps()) >= 0
        assert fake.ledger.peak_segments(60) == 10
        assert fake.ledger.peak_segments(0.0000001) == 2


def test_pages_hold_every_text_once() -> None:
    with FakeCarrier() as fake:
        carrier = carrier_at(fake.url)
        for number in range(25):
            carrier.send(outgoing(ANA, f"text {number}"))
        bodies = [message.body for message in carrier._client.messages.list(to=ANA, page_size=10)]
        assert bodies == [f"text {number}" for number in reversed(range(25))]


def test_a_text_still_queued_can_be_canceled() -> None:
    with FakeCarrier() as fake:
        fake.fault("stuck")
        carrier = carrier_at(fake.url)
        result = carrier.send(outgoing())
        assert isinstance(result, Accepted)
        carrier._client.messages(result.carrier_id).update(status="canceled")
        assert fake.accepted(ANA)[0].status == "canceled"
