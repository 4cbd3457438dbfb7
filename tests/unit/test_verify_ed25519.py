"""The verifier's own Ed25519 holds to RFC 8032 and agrees with `cryptography`."""

import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import verify_journal as verifier
from tools.verify_journal import decode_point, signature_is_valid

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = SIGNER.public_key().public_bytes_raw()
NEUTRAL = (1).to_bytes(32, "little")

# RFC 8032, section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


class TestEd25519:
    @pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
    def test_vectors_of_the_rfc(self, secret: str, public: str, message: str, signature: str) -> None:
        key, text, made = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
        signer = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
        assert (signer.public_key().public_bytes_raw(), signer.sign(text)) == (key, made)  # copied right
        assert signature_is_valid(key, text, made)
        assert not signature_is_valid(key, text + b"\0", made)
        assert not signature_is_valid(PUBLIC, text, made)

    def test_s_plus_the_group_order_is_refused(self) -> None:
        """It satisfies the equation, but would make a second signature of the same head."""
        made = SIGNER.sign(b"text")
        s = int.from_bytes(made[32:], "little") + verifier.ORDER
        assert signature_is_valid(PUBLIC, b"text", made)
        assert not signature_is_valid(PUBLIC, b"text", made[:32] + s.to_bytes(32, "little"))

    @pytest.mark.parametrize("y", [0, 1, verifier.P - 1], ids=hex)
    def test_keys_of_small_order_are_refused(self, y: int) -> None:
        key = y.to_bytes(32, "little")
        assert decode_point(key) is not None
        assert not signature_is_valid(key, b"text", NEUTRAL + bytes(32))  # fits the key 1 for every text

    @pytest.mark.parametrize(
        "number",
        [verifier.P, verifier.P + 1, 2**255 - 1, 2**255 + 1, 2**255 + verifier.P - 1, 2, 7],
        ids=["p", "p + 1", "2^255 - 1", "x = 0, odd", "x = 0, odd, y = -1", "not on the curve", "nor this"],
    )
    def test_keys_that_are_no_points_are_refused(self, number: int) -> None:
        key = number.to_bytes(32, "little")
        assert decode_point(key) is None
        assert not signature_is_valid(key, b"text", NEUTRAL + bytes(32))

    def test_wrong_lengths_are_refused(self) -> None:
        made = SIGNER.sign(b"text")
        assert not signature_is_valid(PUBLIC[:-1], b"text", made)
        assert not signature_is_valid(PUBLIC, b"text", made + b"\0")

    @settings(max_examples=40, deadline=None)
    @given(
        st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 63), st.integers(0, 255)
    )
    def test_agrees_with_cryptography(self, secret: bytes, message: bytes, place: int, change: int) -> None:
        signer = Ed25519PrivateKey.from_private_bytes(secret)
        public, made = signer.public_key(), bytearray(signer.sign(message))
        made[place] ^= change
        assert signature_is_valid(public.public_bytes_raw(), message, bytes(made)) == accepted(
            public, bytes(made), message
        )


def accepted(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
