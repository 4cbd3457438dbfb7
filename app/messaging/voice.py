"""What Twilio asks us while it calls somebody: what to say, what a key leads to, how far the call has come.

Signed like all its webhooks. An answer is XML that says and gathers (twilio.com/docs/voice/twiml).
"""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, request
from twilio.twiml.voice_response import Gather, Say, VoiceResponse

from app.accounts.access import public
from app.messaging.actions.reports import Report
from app.messaging.calls import Call, call_of, note_wrong, press
from app.messaging.carriers.twilio_client import with_retries
from app.messaging.carriers.voice import call_report
from app.messaging.speech import (
    AGAIN,
    GIVEN_UP,
    HEAR_AGAIN,
    KEYS,
    MOST_ASKED,
    MOST_WRONG,
    NO_KEY,
    NOT_TAKEN,
    SETTLED,
    spoken,
    with_more,
    wrong_key,
)
from app.messaging.status import MessageStatus
from app.messaging.webhooks import check_signature, required
from app.runtime import runtime

log = structlog.get_logger()
voice = Blueprint("voice", __name__, url_prefix="/webhooks/twilio/voice")

VOICE, LANGUAGE, PACE = "Polly.Joanna", "en-US", "85%"
"""A voice that can be slowed down, and how fast it speaks."""

WAIT_SECONDS = 10


@voice.post("/<attempt_id>")
@public("signed by the carrier", checks_csrf=False)
def picked_up(attempt_id: str) -> Response:
    """Somebody, or a machine, has picked up: say the message twice and wait for a key."""
    check_signature()
    call = _call(attempt_id)
    if call is None:
        return _answer(VoiceResponse())
    _delivered(attempt_id)
    if call.settled:
        return _answer(_closing(call.says(SETTLED)))
    if not call.asks:
        return _answer(_telling(call))
    return _answer(_asking(call, with_more(call.body, HEAR_AGAIN), asked=1, wrong=0))


@voice.post("/<attempt_id>/key")
@public("signed by the carrier", checks_csrf=False)
def key(attempt_id: str) -> Response:
    """A key was pressed. What is said about it is true: it has been committed."""
    check_signature()
    call = _call(attempt_id)
    if call is None:
        return _answer(VoiceResponse())
    asked, wrong = _count("asked"), _count("wrong")
    pressed = request.form.get("Digits", "")[:1]
    press_id = f"{required('CallSid')}:{asked}"
    if pressed == AGAIN and asked < MOST_ASKED:
        return _answer(_asking(call, call.body, asked=asked + 1, wrong=wrong))
    try:
        if pressed in KEYS:
            return _answer(_closing(press(runtime(), call, pressed, press_id)))
        note_wrong(runtime(), call, pressed, press_id)
    except Exception:
        log.exception("call.key_not_kept")
        if asked < MOST_ASKED:
            return _answer(_asking(call, call.says(NOT_TAKEN), asked=asked + 1, wrong=wrong))
    if wrong + 1 >= MOST_WRONG or asked >= MOST_ASKED:
        return _answer(_closing(call.says(GIVEN_UP)))
    return _answer(_asking(call, wrong_key(call.body), asked=asked + 1, wrong=wrong + 1))


@voice.post("/<attempt_id>/status")
@public("signed by the carrier", checks_csrf=False)
def status(attempt_id: str) -> Response:
    """One step of a call, as a report like any other."""
    check_signature()
    call_id, word = required("CallSid"), required("CallStatus")
    said = call_report(word, request.form.get("SipResponseCode", ""))
    token = request.headers.get("I-Twilio-Idempotency-Token")
    told = said.status.value if said and said.status else word
    report = Report(attempt_id, "callback", call_id, told, said.error_code if said else None, token)
    runtime().parts["drain"].hear(report)
    return Response(status=204)


def _call(attempt_id: str) -> Call | None:
    with runtime().db.read() as session:
        return call_of(session, attempt_id)


def _delivered(attempt_id: str) -> None:
    """That we are asked what to say shows that somebody picked up, whatever becomes of the callbacks."""
    report = Report(attempt_id, "callback", required("CallSid"), MessageStatus.DELIVERED.value)
    try:
        runtime().parts["drain"].hear(report)
    except Exception:
        log.exception("call.report_not_kept")  # whoever has picked up shall hear the message all the same


def _asking(call: Call, words: str, *, asked: int, wrong: int) -> VoiceResponse:
    answer = VoiceResponse()
    base = f"{runtime().settings.public_url}/webhooks/twilio/voice/{call.attempt_id}"
    gather = Gather(
        input="dtmf",
        num_digits=1,
        finish_on_key="",  # so that the hash key is a key like any other
        timeout=WAIT_SECONDS,
        method="POST",
        action=with_retries(f"{base}/key?asked={asked}&wrong={wrong}"),
    )
    gather.pause(length=1)
    gather.append(_say(words))
    gather.pause(length=2)
    gather.append(_say(words))
    answer.append(gather)
    answer.append(_say(call.says(NO_KEY)))
    return answer


def _telling(call: Call) -> VoiceResponse:
    answer = VoiceResponse()
    answer.pause(length=1)
    answer.append(_say(call.body))
    answer.pause(length=2)
    answer.append(_say(call.body))
    return answer


def _closing(words: str) -> VoiceResponse:
    answer = VoiceResponse()
    answer.append(_say(words))
    answer.hangup()
    return answer


def _say(words: str) -> Say:
    say = Say(voice=VOICE, language=LANGUAGE)
    say.prosody(spoken(words), rate=PACE)
    return say


def _answer(answer: VoiceResponse) -> Response:
    return Response(str(answer), content_type="text/xml; charset=utf-8")


def _count(name: str) -> int:
    text = request.args.get(name, "0")
    return int(text) if text.isdecimal() and len(text) < 4 else MOST_ASKED
