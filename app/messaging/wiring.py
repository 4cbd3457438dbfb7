"""Which carrier carries what goes over each channel: texts go by Twilio when it is configured, else to the simulated
phones.

The other one's addresses are not served at all.
"""

from __future__ import annotations

from flask import Flask

from app.messaging.carriers import Carrier
from app.messaging.carriers.simulated import SimulatedCarrier
from app.messaging.carriers.twilio import TwilioCarrier
from app.messaging.carriers.twilio_client import TWILIO_URL, TwilioSettings
from app.messaging.carriers.voice import TwilioVoiceCarrier
from app.messaging.channels import TO_PEOPLE, Channel
from app.messaging.drain import Drain
from app.messaging.phones import phones
from app.messaging.voice import voice
from app.messaging.webhooks import webhooks
from app.messaging.worker import THREADS
from app.runtime import Runtime
from config.settings import Twilio


def init_app(app: Flask) -> None:
    rt: Runtime = app.extensions["muster"]
    twilio = rt.settings.twilio
    if twilio:
        account = _account(twilio)
        carriers: dict[Channel, Carrier] = {
            Channel.SMS: TwilioCarrier(account),
            Channel.VOICE: TwilioVoiceCarrier(account, rt.settings.public_url),
        }
        blueprints = [webhooks, voice]
    else:
        carriers = {channel: SimulatedCarrier(rt.db) for channel in TO_PEOPLE}
        blueprints = [phones]
    rt.parts["carriers"] = carriers
    rt.parts["drain"] = Drain(rt)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)


def _account(settings: Twilio) -> TwilioSettings:
    return TwilioSettings(
        settings.account_sid,
        settings.auth_token,
        from_number=settings.from_number,
        messaging_service_sid=settings.messaging_service_sid,
        base_url=settings.base_url or TWILIO_URL,
        connections=THREADS,
    )
