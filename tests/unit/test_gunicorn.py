"""How many processes serve, and what joins them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import json, runpy
made = runpy.run_path("config/gunicorn.py")
print(json.dumps([made["workers"], str(made["worker_class"])]))
"""
POSTGRES = "postgresql://u:p@127.0.0.1/muster"


def configured(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSTER_", "TWILIO_"))}
    command = [sys.executable, "-c", SHOW]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, '[1, "gthread"]'),
        ({"MUSTER_DATABASE_URL": POSTGRES}, '[1, "gthread"]'),
        ({"MUSTER_REDIS_URL": "redis://127.0.0.1/0"}, '[1, "gthread"]'),
    ],
)
def test_one_process_unless_several_are_joined(environment: dict[str, str], expected: str) -> None:
    assert configured(**environment).stdout.strip() == expected


def test_postgresql_and_valkey_make_several_gevent_workers() -> None:
    done = configured(
        MUSTER_DATABASE_URL=POSTGRES, MUSTER_REDIS_URL="redis://127.0.0.1/0", MUSTER_WEB_WORKERS="3"
    )
    assert done.stdout.startswith("[3, ")
    assert "GeventWorker" in done.stdout


def test_several_workers_that_nothing_joins_are_refused_by_name() -> None:
    done = configured(MUSTER_DATABASE_URL=POSTGRES, MUSTER_WEB_WORKERS="2")
    assert done.returncode != 0
    assert "MUSTER_WEB_WORKERS" in done.stderr
    assert "MUSTER_REDIS_URL" in done.stderr
