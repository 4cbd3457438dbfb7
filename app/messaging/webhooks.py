"""What Twilio posts to us: reports about texts we sent, and texts from phones.

Twilio gives us 15 seconds and posts again only when asked to, so what comes is stored first and processed in
a second transaction; what fails there is done later by a tick.
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request

from app.accounts.access import public
from app.core.errors import Forbidden, Invalid
from app.messaging.actions import incoming
from app.messaging.actions.reports import Report
from app.messaging.carriers.signature import HEADER, called_url, is_authentic
from app.runtime import runtime, transact

log = structlog.get_logger()
webhooks = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")

NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@webhooks.post("/status/<attempt_id>")
@public("signed by the carrier", checks_csrf=False)
def status(attempt_id: str) -> Response:
    _check_signature()
    form = request.form
    code = form.get("ErrorCode", "")
    report = Report(
        attempt_id,
        "callback",
        _required("MessageSid", "SmsSid"),
        _required("MessageStatus", "SmsStatus"),
        int(code) if code.isdecimal() and len(code) < 9 else None,
        request.headers.get("I-Twilio-Idempotency-Token"),
    )
    runtime().parts["drain"].hear(report)
    return Response(status=204)


@webhooks.post("/inbound")
@public("signed by the carrier", checks_csrf=False)
def inbound() -> Response:
    """A text from a phone. Answered with no words: what we reply depends on what was committed."""
    _check_signature()
    form = request.form
    media = form.get("NumMedia", "0")
    text_id = transact(
        incoming.store,
        carrier_id=_required("MessageSid", "SmsSid"),
        from_=_required("From"),
        to=form.get("To", ""),
        text=form.get("Body") or form.get("ButtonPayload") or form.get("ButtonText") or "",
        media=int(media) if media.isdecimal() and len(media) < 4 else 0,
        said=form.get("OptOutType"),
        sender=form.get("MessagingServiceSid"),
    )
    if text_id is not None:
        runtime().parts["drain"].understand()
    return Response(NO_ANSWER, content_type="text/xml; charset=utf-8")


def _check_signature() -> None:
    """Raises Forbidden unless one of the account's two tokens signed the request."""
    settings = runtime().settings
    assert settings.twilio is not None
    tokens = [token for token in (settings.twilio.auth_token, settings.twilio.next_auth_token) if token]
    query = request.query_string.decode("ascii", "replace")
    url = called_url(settings.public_url, request.path + (f"?{query}" if query else ""))
    if not is_authentic(url, request.form.items(multi=True), request.headers.get(HEADER), tokens):
        log.warning("webhook.bad_signature", endpoint=request.endpoint)
        raise Forbidden("The signature does not fit: not from our carrier, or not to this address.")


def _required(*names: str) -> str:
    """The first of these that is there; carriers' newer and older names for the same."""
    for name in names:
        if request.form.get(name):
            return request.form[name]
    raise Invalid.field(names[0], "is missing")
