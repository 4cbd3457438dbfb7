"""People asleep at four in the morning, and a network that brings everything at once: all that is made up.

A published unannounced trial at 4 a.m. had answers within 45 minutes from 16 % of those
it reached over texts, and 41 % over a telephone tree. Here every try (a text, a call) to a person is answered when

    sqrt(r) * Z + sqrt(1 - r) * e  <  the p-quantile of the normal distribution,  p = 0.16 for a text, 0.41 for a call

with Z the readiness of the person, drawn once for the night (asleep, telephone in another room, away), and e drawn for
each try. So one text alone gives 16 % and one call alone 41 %, whatever r is; r is the correlation of any two tries to
the same person, over the same or another channel. r = 1: who did not pick up the first call picks up none, and the
chain can reach no more than 41 %. r = 0: each call is a new chance. No trial says which holds, so the whole range is
shown; r = 0.5 stands for "half of it is the person, half the moment".

Assumed as well: a text is seen after a log-normal delay (median 5 minutes, cut at 45), a call is answered within 5 to
25 seconds of ringing and listened to for 20; of those who answer, 82 % can come (the habits of the simulated phones).
The trial's people are taken to have been texted once and called once.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.messaging.carriers import Accepted, Outgoing, Report, Result
from app.messaging.channels import Channel
from app.messaging.status import MessageStatus

ANSWERED = {Channel.SMS: 0.16, Channel.VOICE: 0.41}
CHANCES = statistics.NormalDist()
KEYS, WEIGHTS = ("1", "2", "3", "9"), (45, 25, 12, 18)


class Night:
    """What people do: the only thing that is made up."""

    def __init__(self, seed: int, correlation: float) -> None:
        self._seed, self._correlation = seed, correlation

    def answers(self, person: str, attempt: str, channel: Channel) -> bool:
        """Whether this try is answered at all."""
        shared = self._draw(person).gauss(0, 1)
        own = self._draw(f"{person}:{attempt}").gauss(0, 1)
        r = self._correlation
        ready: float = r**0.5 * shared + (1 - r) ** 0.5 * own
        return ready < CHANCES.inv_cdf(ANSWERED[channel])

    def delay(self, person: str, attempt: str, channel: Channel) -> timedelta:
        draw = self._draw(f"{person}:{attempt}:delay")
        if channel is Channel.VOICE:
            return timedelta(seconds=draw.uniform(5, 25) + 20)
        while (minutes := draw.lognormvariate(1.609, 1.0)) > 45:
            pass
        return timedelta(minutes=minutes)

    def key(self, person: str) -> str:
        return self._draw(f"{person}:key").choices(KEYS, WEIGHTS)[0]

    def _draw(self, what: str) -> random.Random:
        return random.Random(f"{self._seed}:{what}")


@dataclass
class Network:
    """A carrier that brings everything at once and keeps who was tried."""

    channel: Channel
    name: str = "four-am"
    taken: list[str] = field(default_factory=list)

    def send(self, outgoing: Outgoing) -> Result:
        self.taken.append(outgoing.attempt_id)
        return Accepted(f"N{outgoing.attempt_id}", MessageStatus.DELIVERED, reports=False)

    def find(
        self, to: str, reference: str, since: datetime, *, known: Collection[str] = ()
    ) -> Accepted | None:
        return None

    def fetch_status(self, carrier_id: str) -> Report | None:
        return Report(MessageStatus.DELIVERED)
