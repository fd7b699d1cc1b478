"""The brand's files."""

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from tenantry.branding import actions, queries
from tenantry.kernel import clock
from tenantry.kernel.actor import Actor

pytestmark = pytest.mark.django_db

FOR_EVER = "public, max-age=31536000, immutable"


def test_the_stylesheet_of_the_accent(client: Client) -> None:
    look = actions.Look(portal_name="Kestrel", accent="#7a1fa2")
    actions.set_brand(acting_as=Actor.system(), look=look, now=clock.now())
    address = queries.current().stylesheet_url
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == FOR_EVER
    assert "--brand-accent:" in answer.content.decode()


def test_the_logo(client: Client) -> None:
    data = BytesIO()
    Image.new("RGB", (200, 40), "#0b5a72").save(data, "PNG")
    assert actions.offer_logos(acting_as=Actor.system(), files={"main": data.getvalue()}) == {}
    shown = queries.offer().main
    assert shown is not None
    address = shown.view.url
    assert client.get(address).status_code == 200  # it is shown before it is saved
    assert actions.save_logos(acting_as=Actor.system(), main=shown.view.digest, now=clock.now()) is None
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == FOR_EVER
    assert Image.open(BytesIO(answer.content)).size == (200, 40)


@pytest.mark.parametrize("address", ["/brand/0123456789abcdef.css", "/brand/logo-0123456789abcdef.png"])
def test_a_look_that_is_no_more(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404
