"""What a sealed secret promises."""

import pytest
from pytest_django import Settings

from tenantry.kernel import seal
from tenantry.kernel.seal import CannotOpen, CannotSeal, Place

HERE = Place("connection_partnerconnection", "7", "sealed_refresh_token")


def use(settings: Settings, public: str, *private: str) -> None:
    settings.SEAL_PUBLIC_KEY = public
    settings.SEAL_PRIVATE_KEYS = list(private)


@pytest.fixture
def keys(settings: Settings) -> tuple[str, str]:
    public, private = seal.new_key_pair()
    use(settings, public, private)
    return public, private


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("plain", [b"", b"refresh-token", bytes(range(256)) * 40])
def test_a_secret_opens_where_it_was_sealed(plain: bytes) -> None:
    blob = seal.seal(plain, HERE)
    assert seal.open_sealed(blob, HERE) == plain
    assert seal.open_sealed(memoryview(blob).tobytes(), HERE) == plain
    assert blob != seal.seal(plain, HERE)
    assert not plain or plain not in blob


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("connection_partnerconnection", "8", "sealed_refresh_token"),
        Place("connection_partnerconnection", "7", "sealed_private_key"),
        Place("connection_consentattempt", "7", "sealed_refresh_token"),
        Place("connection_partnerconnection7", "", "sealed_refresh_token"),
    ],
)
def test_a_secret_that_was_moved_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(CannotOpen, match="another place"):
        seal.open_sealed(seal.seal(b"token", HERE), elsewhere)


def test_a_process_with_the_public_key_alone_seals_and_cannot_open(keys: tuple[str, str], settings: Settings) -> None:
    use(settings, keys[0])
    blob = seal.seal(b"token", HERE)
    with pytest.raises(CannotOpen, match="no private key"):
        seal.open_sealed(blob, HERE)
    with pytest.raises(CannotOpen, match="no private key"):
        use(settings, seal.new_key_pair()[0])
        seal.reseal(blob, HERE)


@pytest.mark.usefixtures("keys")
def test_damage_is_noticed_wherever_it_is() -> None:
    blob = seal.seal(b"token", HERE)
    for place in range(len(blob)):
        damaged = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(CannotOpen):
            seal.open_sealed(damaged, HERE)
    for length in range(len(blob)):
        with pytest.raises(CannotOpen):
            seal.open_sealed(blob[:length], HERE)


def test_keys_can_be_rotated(keys: tuple[str, str], settings: Settings) -> None:
    old_public, old_private = keys
    blob = seal.seal(b"token", HERE)
    new_public, new_private = seal.new_key_pair()
    use(settings, new_public, new_private, old_private)
    assert seal.open_sealed(blob, HERE) == b"token"
    again = seal.reseal(blob, HERE)
    assert seal.reseal(again, HERE) == again
    use(settings, new_public, new_private)
    assert seal.open_sealed(again, HERE) == b"token"
    with pytest.raises(CannotOpen):
        seal.open_sealed(blob, HERE)
    use(settings, old_public, old_private)
    with pytest.raises(CannotOpen):
        seal.open_sealed(again, HERE)


@pytest.mark.parametrize("unusable", ["", "no key", "AAAA", "é"])
def test_unusable_keys_are_named_and_not_shown(settings: Settings, unusable: str) -> None:
    public, private = seal.new_key_pair()
    use(settings, public, private)
    blob = seal.seal(b"token", HERE)
    use(settings, unusable, unusable)
    with pytest.raises(CannotSeal, match="TENANTRY_SEAL_PUBLIC_KEY"):
        seal.seal(b"token", HERE)
    with pytest.raises(CannotOpen, match="TENANTRY_SEAL_PRIVATE_KEYS"):
        seal.open_sealed(blob, HERE)
