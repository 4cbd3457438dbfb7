"""What can go wrong in words a person can act on. The edge turns these into pages and RFC 9457 problems."""

from __future__ import annotations

from collections.abc import Mapping


class MusterError(Exception):
    """Base. `title` names the sort of trouble, `detail` this case, `errors` the failing fields."""

    status = 500
    title = "Something went wrong"

    def __init__(self, detail: str, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})


class Invalid(MusterError):
    """The input cannot be taken. Say which field and what is allowed."""

    status = 422
    title = "Please check what you entered"

    @classmethod
    def field(cls, name: str, message: str) -> Invalid:
        return cls(f"{name}: {message}", {name: [message]})


class NotSignedIn(MusterError):
    status = 401
    title = "Please sign in"


class Forbidden(MusterError):
    status = 403
    title = "You may not do this"


class NotFound(MusterError):
    status = 404
    title = "Not found"


class Conflict(MusterError):
    """Somebody else was first, or things have moved on. The detail says who or what."""

    status = 409
    title = "Things have changed"


class TooManyAttempts(MusterError):
    """Too much of something in too short a time; `retry_after` says for how many seconds to wait."""

    status = 429
    title = "Too many attempts"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(MusterError):
    """A part we depend on does not answer. Nothing was changed; trying again may work."""

    status = 503
    title = "Not available right now"
