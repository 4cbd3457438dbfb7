"""Run the fake carrier on its own: python -m tests.fakes.carrier --port 8099 --seed 1

Numbers from +1 500 555 0101 to 0152 always behave the same; see faults.MAGIC.
"""

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
    parser.add_argument("--people", action="store_true", help="people answer texts and calls that ask for it")
    parser.add_argument(
        "--call-rate", type=float, default=1.0, help="calls a second; 0: no limit (default 1)"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="60: a minute takes a second (default 1)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds each create takes (default 0)")
    parser.add_argument("--rate", type=float, help="keep the sender to so many segments a second")
    options = parser.parse_args()
    if options.speed <= 0:
        parser.error("--speed must be more than 0")

    settings = Settings(
        seed=options.seed,
        inbound_url=options.inbound_url,
        speed=options.speed,
        latency=options.latency,
        calls_per_second=options.call_rate,
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
        print(_how_to_use(carrier), flush=True)

    with contextlib.suppress(KeyboardInterrupt):
        carrier.serve(announce)


def _how_to_use(carrier: FakeCarrier) -> str:
    """What to set for the program to text and call by this carrier."""
    settings = carrier.settings
    inbound = settings.inbound_url or "(not set: texts from phones go nowhere; see --inbound-url)"
    return "\n".join(
        (
            "To text and call by it, start the program on port 8000 with",
            f"  TWILIO_ACCOUNT_SID={settings.account_sid} TWILIO_AUTH_TOKEN={settings.auth_token} \\",
            f"  TWILIO_FROM_NUMBER={settings.default_sender} MUSTER_TWILIO_BASE_URL={carrier.url} \\",
            "  MUSTER_PUBLIC_URL=http://127.0.0.1:8000",
            f"Texts from phones are posted to {inbound}",
            "Calls fetch what they say, and report, at addresses the program names itself.",
            f"Steered by HTTP under {carrier.url}/_control/ (summary, ledger, faults, inbound, settings).",
        )
    )


if __name__ == "__main__":
    main()
