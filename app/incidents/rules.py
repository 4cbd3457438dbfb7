"""Small pure rules that several actions share."""

from __future__ import annotations

from app.core.errors import Invalid


def required_text(field: str, text: str | None, most: int) -> str:
    """The text without outer white space. Raises Invalid when empty or longer than `most` characters."""
    cleaned = (text or "").replace("\x00", "").strip()
    if not cleaned:
        raise Invalid.field(field, "must not be empty")
    if len(cleaned) > most:
        raise Invalid.field(field, f"has {len(cleaned)} characters; {most} are allowed")
    return cleaned


def span_of_control_hint(reports: int) -> str | None:
    """NIMS: five is best, a guideline and never a block; 3 to 7 was the earlier range."""
    if reports > 7:
        return f"{reports} people report here; more than 7 is hard to lead"
    if reports > 5:
        return f"{reports} people report here; 5 is a good number"
    return None
