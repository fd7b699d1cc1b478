"""Walk every address of the product as everybody, and expect what the address declares, nothing else.

Whoever adds an address declares who may open it (``tenantry.web.access``). A new kind of id in an address needs a
sample object in ``samples.py``.
"""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from pytest_django import Settings

from tests.isolation import walk
from tests.isolation.addresses import all_addresses
from tests.isolation.samples import World, make_world
from tests.support.house import leave_house, make_house
from tests.support.sandbox import SandboxHandle

ROOMS = {
    "hooks": "tenantry.web.hooks.urls",
    "sign_in": "tenantry.web.sign_in.urls",
    "portal": "tenantry.web.portal.urls",
    "office": "tenantry.web.backoffice.urls",
    "rehearsal": "tenantry.web.rehearsal.urls",
    "ui": "tenantry.web.ui.urls",
}


@pytest.fixture
def world(sandbox: SandboxHandle, transactional_db: None) -> Iterator[World]:
    """The house of the walk."""
    yield make_world(make_house(sandbox))
    leave_house()


def test_every_address_declares_who_may_open_it() -> None:
    assert walk.undeclared() == []


def test_no_room_is_left_out_of_the_walk() -> None:
    """A room whose addresses could not be imported would be walked past in silence."""
    there = {name for name, module in ROOMS.items() if find_spec(module) is not None}
    assert {"hooks", "sign_in"} <= there
    assert there <= {address.namespace for address in all_addresses()}


def test_everybody_gets_what_is_declared(world: World) -> None:
    assert walk.declared_access_holds(world) == []


def test_odd_requests_open_nothing(world: World) -> None:
    assert walk.odd_requests_open_nothing(world) == []


def test_ids_stay_with_their_company(world: World) -> None:
    assert walk.ids_stay_with_their_company(world) == []
    assert walk.unseen_companies_stay_unseen(world) == []


def test_a_query_shows_nothing_of_another_company(world: World) -> None:
    assert walk.queries_show_nothing_of_another_company(world) == []


def test_what_needs_a_fresh_sign_in_asks_for_one(world: World) -> None:
    assert walk.fresh_sign_ins_are_asked_for(world) == []


def test_a_form_of_another_site_does_nothing_anywhere(world: World) -> None:
    assert walk.forms_of_elsewhere_are_refused(world) == []


# -- the walk itself ------------------------------------------------------------------------------------------------


def test_the_walk_is_content_with_careful_views(world: World, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.web.sign_in.doors"
    assert walk.undeclared() == []
    assert walk.declared_access_holds(world) == []
    assert walk.fresh_sign_ins_are_asked_for(world) == []
    assert walk.forms_of_elsewhere_are_refused(world) == []


def test_the_walk_finds_careless_views(world: World, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.isolation.leaky"
    assert walk.undeclared() == ["undeclared/"]
    declared = walk.declared_access_holds(world)
    late = "get c/<uuid:company_id>/late/"
    assert f"signed out: {late}: 405 instead of the way to sign in" in declared
    assert f"view at Harbour: {late}: 405 instead of 403" in declared
    assert f"owner for Nordlys: {late}: 405 instead of 404" in declared
    assert 'signed out: get inline/: inline code or style: <p style="' in declared
    assert {line.split(": ")[1] for line in declared} == {late, "get inline/"}
    leak = "c/<uuid:company_id>/leak/<uuid:order_id>/"
    crossed = walk.ids_stay_with_their_company(world)
    assert f"Admin of Nordlys: get {leak}: 200 instead of 404" in crossed
    assert f"support for all: post {leak}: 200 instead of 404" in crossed
    assert {line.split(": ")[1] for line in crossed} == {f"get {leak}", f"post {leak}"}
    unseen = walk.unseen_companies_stay_unseen(world)
    assert "billing for Nordlys: get office/leak/<uuid:end_user_id>/: 200 instead of 404" in unseen
    assert len(unseen) == 8
    assert walk.forms_of_elsewhere_are_refused(world) == ["owner for all: post form/: 200 instead of 403"]
