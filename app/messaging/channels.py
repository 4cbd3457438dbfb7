"""The ways a message can go out. Each has a carrier of its own; a person's chain goes from one to the next."""

from __future__ import annotations

from config.senders import Channel

__all__ = ["TO_PEOPLE", "Channel"]

TO_PEOPLE = (Channel.SMS, Channel.VOICE, Channel.EMAIL)
"""Those a person can have a contact method for."""
