"""What is sent to make sure that somebody can be reached. Plain words, and no answer is ever owed."""

from __future__ import annotations

import re

from app.messaging.channels import Channel
from app.staffing.contacts.addresses import named

TITLE = "Muster: can you be reached here?"


def code(channel: str, digits: str, link: str) -> tuple[str, str | None]:
    """Body and title. Spoken digits stand apart, and are said twice."""
    if channel == Channel.VOICE:
        said = ", ".join(digits)
        return f"This is Muster. Your code is: {said}. Again: {said}. It holds for 15 minutes.", None
    if channel == Channel.EMAIL:
        body = (
            f"Your code for Muster is {digits}. It holds for 15 minutes.\n\n"
            f"Or open this page and say that the mail has come:\n{link}\n\n"
            "If you did not ask for it, do nothing.\n"
        )
        return body, TITLE
    return f"Your code for Muster is {digits}. It holds for 15 minutes. Did not ask for it? Do nothing.", None


def blanked(body: str, digits: int) -> str:
    """The body as it may be kept: every run of digits as long as a code, spoken or written, is gone."""
    spoken = r", ".join([r"\d"] * digits)
    return re.sub(rf"(?<!\d)(\d{{{digits}}}|{spoken})(?!\d)", "(code)", body)


def quiet_test(channel: str, hospital: str, link: str) -> tuple[str, str | None]:
    if channel == Channel.VOICE:
        return (
            f"This is a test of Muster at {hospital}. Nothing has happened, and no answer is needed. "
            "Press 1 if you like, or hang up.",
            None,
        )
    if channel == Channel.EMAIL:
        body = (
            f"This is a test of Muster at {hospital}. Nothing has happened, and no answer is needed.\n\n"
            f"If you like, say that it has come:\n{link}\n"
        )
        return body, "Test of Muster, no answer needed"
    return f"Test of Muster, {hospital}: nothing has happened, no answer needed. Reply 1 if you like.", None


def not_reached(channel: str, ending: str, link: str) -> str:
    """To the owner, over another method."""
    return f"Muster: {named(channel, ending)} could not be delivered. Is it still right? See {link}"


def digest(hospital: str, new: int, suspect: int, unreachable: int, url: str) -> str:
    return (
        f"Muster, {hospital}: {new} ways to reach people newly in doubt, {suspect} in all; "
        f"{unreachable} people cannot be reached. See {url}"
    )
