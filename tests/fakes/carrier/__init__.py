"""A carrier that behaves like Twilio, on loopback: for tests, benchmarks and demonstrations.

    with FakeCarrier() as carrier:
        ...  # point the program at carrier.url, carrier.settings.account_sid and .auth_token
        assert not carrier.duplicates()

or `python -m tests.fakes.carrier --port 8099 --seed 1`, steered by HTTP under /_control (see control.py).
"""

from tests.fakes.carrier.faults import KINDS, MAGIC, Fault
from tests.fakes.carrier.people import People
from tests.fakes.carrier.senders import Sender, Senders
from tests.fakes.carrier.server import SERVICE, FakeCarrier
from tests.fakes.carrier.settings import Settings

__all__ = ["KINDS", "MAGIC", "SERVICE", "FakeCarrier", "Fault", "People", "Sender", "Senders", "Settings"]
