"""All that messaging writes. Other rooms use `request`, `request_all`, `supersede` and `supersede_all`."""

from app.messaging.actions.intents import Wish, request, request_all, supersede, supersede_all

__all__ = ["Wish", "request", "request_all", "supersede", "supersede_all"]
