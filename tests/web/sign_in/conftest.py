"""Fixtures of the sign-in tests; Django is not ready yet when this file is read, so imports of ours come late."""

from typing import TYPE_CHECKING

import pytest

from tests.support.sandbox import SandboxHandle

if TYPE_CHECKING:
    from tests.people.house import House


@pytest.fixture
def house(sandbox: SandboxHandle, db: None) -> "House":
    """Invite Anna, Ben and Quinn; add Dana the owner and Samuel. Nobody has signed in yet."""
    from tests.web.sign_in.cast import make_cast

    return make_cast()
