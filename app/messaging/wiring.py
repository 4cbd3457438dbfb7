"""Which carrier carries what goes over each channel: texts and calls by Twilio and mails by SMTP when they are
configured; with neither, all go to simulated phones and mailboxes. Posts go to the systems of the settings.

Addresses of what is not in use are not served at all.
"""

from __future__ import annotations

from flask import Flask

from app.messaging.carriers import Carrier
from app.messaging.carriers.simulated import SimulatedCarrier
from app.messaging.carriers.smtp import SmtpCarrier
from app.messaging.carriers.twilio import TwilioCarrier
from app.messaging.carriers.twilio_client import TWILIO_URL, TwilioSettings
from app.messaging.carriers.voice import TwilioVoiceCarrier
from app.messaging.carriers.webhook import WebhookCarrier
from app.messaging.channels import TO_PEOPLE, Channel
from app.messaging.drain import Drain
from app.messaging.phones import phones
from app.messaging.rush import Rush
from app.messaging.voice import voice
from app.messaging.webhooks import webhooks
from app.messaging.worker import THREADS
from app.runtime import Runtime
from config.settings import Twilio


def init_app(app: Flask) -> None:
    rt: Runtime = app.extensions["muster"]
    rt.parts["carriers"] = _carriers(rt)
    rt.parts["rush"] = Rush()
    rt.parts["drain"] = Drain(app)
    for blueprint in [webhooks, voice] if rt.settings.twilio else [phones] if rt.settings.simulated else []:
        app.register_blueprint(blueprint)


def _carriers(rt: Runtime) -> dict[Channel, Carrier]:
    """Once real messages go out, nothing is simulated beside them."""
    settings = rt.settings
    if settings.simulated:
        found: dict[Channel, Carrier] = {channel: SimulatedCarrier(rt.db) for channel in TO_PEOPLE}
    else:
        found = {}
    if settings.twilio:
        account = _account(settings.twilio)
        found[Channel.SMS] = TwilioCarrier(account)
        found[Channel.VOICE] = TwilioVoiceCarrier(account, settings.public_url)
    if settings.mail:
        found[Channel.EMAIL] = SmtpCarrier(settings.mail, rt.clock.now)
    if settings.webhooks:
        found[Channel.WEBHOOK] = WebhookCarrier(settings.webhooks, rt.clock.now)
    return found


def _account(settings: Twilio) -> TwilioSettings:
    return TwilioSettings(
        settings.account_sid,
        settings.auth_token,
        from_number=settings.from_number,
        messaging_service_sid=settings.messaging_service_sid,
        base_url=settings.base_url or TWILIO_URL,
        connections=THREADS,
    )
