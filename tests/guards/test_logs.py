"""The guard on every test's log lines sees what it should."""

from __future__ import annotations

import logging

import pytest
import structlog
from flask import Flask

from tests.conftest import PHONE_IN_CLEAR, as_written

pytestmark = pytest.mark.engine("sqlite")
NUMBER = "+12025550123"


def test_numbers_and_secrets_are_taken_out(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    structlog.get_logger().warning("carrier.refused", why=f"no such number {NUMBER}", auth_token="abc123")
    logging.getLogger("elsewhere").warning("could not reach %s", NUMBER)
    try:
        raise ValueError(f"about {NUMBER}")
    except ValueError:
        structlog.get_logger().exception("tick.failed")
        logging.getLogger("elsewhere").exception("failed")
    lines = [as_written(record) for record in caplog.records]
    assert len(lines) == 4
    for line in lines:
        assert not PHONE_IN_CLEAR.search(line), line
    assert "+…23" in lines[0]
    assert "abc123" not in lines[0]


def test_the_guard_sees_a_number() -> None:
    assert PHONE_IN_CLEAR.search(f"sent to {NUMBER}.")
