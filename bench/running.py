"""What benchmarks run beside themselves: a carrier on this machine, processes, and waiting for them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.serving import ROOT
from tools.servers import free_port

SPEED = 0.05
"""Reports come 1 s and 4 s after a text, about as real networks do."""

LONGEST = 300.0


@contextmanager
def carrier(latency: float, rate: float) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.carrier", "--port", str(port), "--latency", str(latency)]
    kept_to = ["--rate", str(rate)] if rate else []
    with child([*command, "--speed", str(1.0 if rate else SPEED), *kept_to], {}):
        url = f"http://127.0.0.1:{port}"
        until(lambda: answers(url))
        yield url


@contextmanager
def child(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(15)


def until(done: Callable[[], bool]) -> float:
    """Wait for something to come true; when it did. Raises TimeoutError after LONGEST seconds."""
    ends = time.time() + LONGEST
    while not done():
        if time.time() > ends:
            raise TimeoutError("the measurement did not end")
        time.sleep(0.02)
    return time.time()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def report_nothing(carrier_url: str) -> None:
    """Let the carrier keep to itself what becomes of texts."""
    fault = urllib.request.Request(f"{carrier_url}/_control/faults", b'{"kind": "lost"}', method="POST")
    urllib.request.urlopen(fault).close()
