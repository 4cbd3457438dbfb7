"""Signatures of inbound webhooks, made by Twilio's own library and by hand."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from app.messaging.carriers.signature import called_url, is_authentic

TOKEN, OLD_TOKEN = "token-now", "token-before"
URL = "https://muster.example.org/hooks/twilio/status/a1?try=1&note=a%20b"
FORM = [("MessageSid", "SM1"), ("Body", "1 é 👍"), ("To", "+12025550123"), ("Empty", "")]


def sign(url: str, params: list[tuple[str, str]], token: str = TOKEN) -> str:
    return RequestValidator(token).compute_signature(url, MultiDict(params))


def test_a_true_signature_is_known_whatever_the_order_of_parameters() -> None:
    assert is_authentic(URL, FORM, sign(URL, FORM), [TOKEN])
    assert is_authentic(URL, FORM[::-1], sign(URL, FORM), [TOKEN])


def test_a_signature_made_by_hand() -> None:
    """Made with openssl, so that the library is not the only witness."""
    form = {"To": "+12025550100", "From": "+12025550123", "Body": "1"}
    url = "https://muster.example.org/hooks/in?a=1&b=%2B"
    assert is_authentic(url, form.items(), "Rd5WPOhLczcDlEYSaJhjll7UwNg=", ["12345"])


def test_two_tokens_while_one_is_changed() -> None:
    signature = sign(URL, FORM, OLD_TOKEN)
    assert is_authentic(URL, FORM, signature, [TOKEN, OLD_TOKEN])
    assert not is_authentic(URL, FORM, signature, [TOKEN])


def test_a_repeated_parameter_counts_with_all_its_values() -> None:
    form = [*FORM, ("MediaUrl", "b"), ("MediaUrl", "a"), ("MediaUrl", "a")]
    signature = sign(URL, form)
    assert is_authentic(URL, form, signature, [TOKEN])
    assert not is_authentic(URL, [*FORM, ("MediaUrl", "a")], signature, [TOKEN])


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://a.example.org/x", "https://a.example.org:443/x"),
        ("http://a.example.org/x", "http://a.example.org:80/x"),
        ("https://a.example.org:8443/x", "https://a.example.org/x"),
        ("https://a.example.org:8443/x", "https://a.example.org:8443/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]:443/x"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]/x"),
        ("https://user:word@a.example.org:8443/x", "https://user:word@a.example.org/x"),
        ("https://a.example.org/x#rc=3&rp=ct", "https://a.example.org/x"),
    ],
)
def test_with_or_without_the_port(configured: str, signed: str) -> None:
    assert is_authentic(configured, FORM, sign(signed, FORM), [TOKEN])


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        URL.replace("a1", "a2"),
        URL.replace("try=1", "try=2"),
        URL.replace("%20", "+"),
        URL.replace("muster", "evil"),
    ],
)
def test_another_address_is_not_the_one_signed(url: str) -> None:
    assert not is_authentic(url, FORM, sign(URL, FORM), [TOKEN])


@pytest.mark.parametrize("signature", [None, "", "nonsense", "é" * 28, "A" * 5000])
def test_no_signature_fails_closed(signature: str | None) -> None:
    assert not is_authentic(URL, FORM, signature, [TOKEN])


@pytest.mark.parametrize("tokens", [[], [""], ["", ""]])
def test_no_token_fails_closed(tokens: list[str]) -> None:
    assert not is_authentic(URL, FORM, sign(URL, FORM, ""), tokens)


def test_a_body_that_is_no_form_is_covered_by_its_hash() -> None:
    body = b'{"status":"delivered"}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert is_authentic(url, [], sign(url, []), [TOKEN], body=body)
    assert not is_authentic(url, [], sign(url, []), [TOKEN], body=b"{}")
    assert not is_authentic(URL, [], sign(URL, []), [TOKEN], body=body), "a body nobody signed"


@given(
    st.dictionaries(st.text("ABCabc", min_size=1), st.text(max_size=20), max_size=8),
    st.sampled_from(["name", "value", "more", "less"]),
    st.data(),
)
def test_any_form_agrees_with_the_library_and_any_change_is_noticed(
    form: dict[str, str], change: str, data: st.DataObject
) -> None:
    signature = sign(URL, list(form.items()))
    assert is_authentic(URL, form.items(), signature, [TOKEN])
    altered = dict(form)
    if change == "more" or not form:
        altered["zz"] = "1"
    else:
        name = data.draw(st.sampled_from(sorted(form)))
        value = altered.pop(name)
        if change == "name":
            altered[name + "X"] = value
        elif change == "value":
            altered[name] = value + "!"
    if "".join(n + altered[n] for n in sorted(altered)) != "".join(n + form[n] for n in sorted(form)):
        assert not is_authentic(URL, altered.items(), signature, [TOKEN])


def test_the_called_url_is_built_from_our_own_address() -> None:
    assert (
        called_url("https://muster.example.org/", "/hooks/x?a=%2B1")
        == "https://muster.example.org/hooks/x?a=%2B1"
    )
    with pytest.raises(ValueError, match="request_target"):
        called_url("https://muster.example.org", "http://evil.example.org/hooks")
