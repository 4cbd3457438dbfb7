"""Run the fake carrier on its own: python -m tests.fakes.carrier --port 8099 --seed 1"""

from __future__ import annotations

import argparse
import contextlib
import signal

from tests.fakes.carrier import SERVICE, FakeCarrier, People, Sender, Senders, Settings
from tests.fakes.carrier.senders import SHORT_CODE


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.carrier", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8099, help="port on 127.0.0.1 (default 8099; 0: a free one)"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of everything that is drawn by chance")
    parser.add_argument("--inbound-url", help="where texts from phones are posted")
    parser.add_argument("--people", action="store_true", help="people answer texts that ask for a reply")
    parser.add_argument("--speed", type=float, default=1.0, help="60: a minute takes a second (default 1)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds each create takes (default 0)")
    parser.add_argument("--rate", type=float, help="keep the sender to so many segments a second")
    options = parser.parse_args()
    if options.speed <= 0:
        parser.error("--speed must be more than 0")

    settings = Settings(
        seed=options.seed, inbound_url=options.inbound_url, speed=options.speed, latency=options.latency
    )
    number = settings.default_sender
    senders = Senders(
        {number: Sender(number, options.rate or SHORT_CODE)}, {SERVICE: [number]}, enforced=bool(options.rate)
    )
    people = People(seed=options.seed, with_habits=options.people)
    carrier = FakeCarrier(settings, port=options.port, people=people, senders=senders)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def announce() -> None:
        print(f"fake carrier on {carrier.url}", flush=True)
        print(f"  account {settings.account_sid}  token {settings.auth_token}  from {number}", flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        carrier.serve(announce)


if __name__ == "__main__":
    main()
