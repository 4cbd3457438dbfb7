"""How this carrier is set up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """Account, timing and where webhooks go.

    speed            1.0 is real time; 60 makes a minute of the network take a second.
    latency          seconds every create takes to answer, not scaled.
    max_concurrent   creates handled at the same time before 429 is answered; None is no limit.
    sent_after       seconds from leaving the queue to "sent".
    delivered_after  seconds from leaving the queue to "delivered".
    inbound_url      where texts from phones are posted; None keeps them.
    advanced_opt_out the messaging service has Advanced Opt-Out: webhooks name the word that was handled.
    calls_per_second how fast calls leave, over the whole account; 0 is no limit.
    answer_after     seconds a phone rings before somebody picks up.
    no_answer_after  seconds a phone rings in vain; None is as long as the caller lets it.
    say_seconds      each thing said takes; key_wait, how long a key is waited for; None is as the caller says.
    strict_senders   refuse a From or messaging service that is not the account's.
    """

    seed: int = 1
    account_sid: str = "AC" + "0" * 31 + "1"
    auth_token: str = "fake-carrier-token"
    old_token: str = "fake-carrier-old-token"
    default_sender: str = "+12025550100"
    speed: float = 1.0
    latency: float = 0.0
    max_concurrent: int | None = None
    sent_after: float = 0.05
    delivered_after: float = 0.2
    inbound_url: str | None = None
    advanced_opt_out: bool = False
    calls_per_second: float = 1.0
    answer_after: float = 4.0
    no_answer_after: float | None = None
    say_seconds: float = 8.0
    key_wait: float | None = None
    strict_senders: bool = False
