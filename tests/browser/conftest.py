"""Fixtures of the browser tests: the same house that the portal's own tests have."""

from tests.web.portal.conftest import harbour, house

__all__ = ["harbour", "house"]
