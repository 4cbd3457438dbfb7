"""Which carrier carries what goes over each channel: texts go by Twilio when it is configured, else to the simulated
phones.

The other one's addresses are not served at all.
"""

from __future__ import annotations

from flask import Flask

from app.messaging.carriers import Carrier
from app.messaging.carriers.simulated import SimulatedCarrier
from app.messaging.carriers.twilio import TWILIO_URL, TwilioCarrier, TwilioSettings
from app.messaging.channels import Channel
from app.messaging.drain import Drain
from app.messaging.phones import phones
from app.messaging.webhooks import webhooks
from app.messaging.worker import THREADS
from app.runtime import Runtime
from config.settings import Twilio


def init_app(app: Flask) -> None:
    rt: Runtime = app.extensions["muster"]
    twilio = rt.settings.twilio
    texts = [sender.address for sender in rt.settings.senders if sender.channel is Channel.SMS]
    carriers: dict[Channel, Carrier] = {}
    if texts:
        carriers[Channel.SMS] = _twilio(twilio, texts[0]) if twilio else SimulatedCarrier(rt.db)
    rt.parts["carriers"] = carriers
    rt.parts["drain"] = Drain(rt)
    app.register_blueprint(webhooks if twilio else phones)


def _twilio(settings: Twilio, sender: str) -> TwilioCarrier:
    """`sender` is for a text that names none."""
    service = sender.startswith("MG")
    return TwilioCarrier(
        TwilioSettings(
            settings.account_sid,
            settings.auth_token,
            from_number=None if service else sender,
            messaging_service_sid=sender if service else None,
            base_url=settings.base_url or TWILIO_URL,
            connections=THREADS,
        )
    )
