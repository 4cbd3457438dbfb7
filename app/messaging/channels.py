"""The ways a message can go out. Each has a carrier of its own; a person's chain goes from one to the next."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """SMS a text; VOICE a call that speaks the text and takes a digit; EMAIL a mail with a link to answer by;
    WEBHOOK a signed JSON post to another system, which no person answers."""

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    WEBHOOK = "webhook"


TO_PEOPLE = (Channel.SMS, Channel.VOICE, Channel.EMAIL)
"""Those a person can have a contact method for."""
