"""Addresses named without giving them away."""

from __future__ import annotations

from app.messaging.channels import Channel

NAMES = {Channel.SMS: "text", Channel.VOICE: "call", Channel.EMAIL: "mail"}


def ending(channel: str, address: str) -> str:
    """Enough for its owner to know it again: a number's last two digits, a mail address's domain."""
    return "@" + address.rpartition("@")[2] if channel == Channel.EMAIL else address[-2:]


def named(channel: str, ending: str) -> str:
    """What goes to a method, for a sentence to its owner."""
    if channel == Channel.EMAIL:
        return f"mail to your address {ending}"
    return f"{'calls' if channel == Channel.VOICE else 'texts'} to your number ending {ending}"
