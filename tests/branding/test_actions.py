"""Changing the look, and what pages and mails then see."""

import io
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from tenantry.audit import queries as audit
from tenantry.branding import actions, contrast, queries
from tenantry.branding.actions import Look
from tenantry.branding.texts import refusal_text
from tenantry.kernel.actor import Actor, ActorKind

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DANA = Actor(ActorKind.STAFF, "7", "Dana", "Dana of Contoso IT")


def png(width: int, height: int, colour: str = "red") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return written.getvalue()


def recorded() -> list[tuple[str, object, object]]:
    return [(row.verb, row.before, row.after) for row in audit.rows()]


def test_without_anything_set_the_product_looks_like_itself() -> None:
    look = queries.current()
    assert (look.portal_name, look.accent, look.stylesheet_url, look.logo_url) == ("Tenantry", "", "", None)
    assert look.palette == contrast.palette(contrast.Colour.parse("#0b5a72"))
    assert (queries.stylesheet("0" * 16), queries.logo(""), queries.logo("0" * 64)) == (None, None, None)


def test_the_stylesheet_follows_the_accent_under_a_new_address() -> None:
    changes = actions.set_brand(acting_as=DANA, look=Look(portal_name=" Contoso IT ", accent="#FFE94D"), now=NOON)
    assert {(change.scheme.value, change.token) for change in changes} == {
        ("light", "accent"),
        ("light", "accent_text"),
    }
    look = queries.current()
    assert (look.portal_name, look.accent) == ("Contoso IT", "#ffe94d")
    digest = look.stylesheet_url.removeprefix("/brand/").removesuffix(".css")
    assert queries.stylesheet(digest) == (
        ":root {\n"
        f"  --brand-accent: {look.palette.light.accent};\n"
        "  --brand-on-accent: #000000;\n"
        f"  --brand-accent-text: {look.palette.light.accent_text};\n"
        "  --brand-accent-dark: #ffe94d;\n"
        "  --brand-on-accent-dark: #000000;\n"
        "  --brand-accent-text-dark: #ffe94d;\n"
        "}\n"
    )
    actions.set_brand(acting_as=DANA, look=Look(portal_name="Contoso IT", accent="#0000aa"), now=NOON)
    assert queries.current().stylesheet_url != look.stylesheet_url
    assert queries.stylesheet(digest) is None
    assert recorded() == [
        ("brand.changed", {"accent": "#ffe94d"}, {"accent": "#0000aa"}),
        ("brand.changed", {"accent": "", "portal_name": ""}, {"accent": "#ffe94d", "portal_name": "Contoso IT"}),
    ]
    actions.set_brand(acting_as=DANA, look=Look(portal_name="Contoso IT", accent="#0000aa"), now=NOON)
    assert len(recorded()) == 2


def test_what_cannot_be_shown_or_written_to_is_refused_by_field() -> None:
    bad = Look("n" * 61, "blue", "s" * 101, "nobody", "0" * 41, "javascript:alert(1)")
    with pytest.raises(ValidationError) as caught:
        actions.set_brand(acting_as=DANA, look=bad, now=NOON)
    fields = {"portal_name", "accent", "support_name", "support_email", "support_phone", "support_url"}
    assert set(caught.value.message_dict) == fields
    assert (queries.current().portal_name, recorded()) == ("Tenantry", [])


def test_support_is_shown_as_written() -> None:
    look = Look("", "", "Help desk", "help@contoso.example", "+49 30 1234", "https://help.contoso.example/x")
    assert actions.set_brand(acting_as=DANA, look=look, now=NOON) == ()
    seen = queries.current()
    assert (seen.support_name, seen.support_email) == ("Help desk", "help@contoso.example")
    assert (seen.support_phone, seen.support_url) == ("+49 30 1234", "https://help.contoso.example/x")


def test_a_logo_that_fits_is_taken() -> None:
    assert actions.set_logo(acting_as=DANA, data=png(502, 81), now=NOON) is None
    look = queries.current()
    assert (look.logo_width, look.logo_height) == (502, 81)
    assert look.logo_url is not None
    digest = look.logo_url.removeprefix("/brand/logo-").removesuffix(".png")
    served = queries.logo(digest)
    assert served is not None
    assert Image.open(io.BytesIO(served.png)).size == (502, 81)
    actions.remove_logo(acting_as=DANA, now=NOON)
    assert (queries.current().logo_url, queries.logo(digest)) == (None, None)
    actions.remove_logo(acting_as=DANA, now=NOON)
    said = {"digest": digest, "width": 502, "height": 81}
    assert recorded() == [("logo.removed", said, None), ("logo.changed", None, said)]


def test_a_large_logo_is_refused_with_its_size_and_an_offer_that_can_be_taken_once() -> None:
    actions.set_logo(acting_as=DANA, data=png(30, 30, "blue"), now=NOON)
    before = queries.current()
    refusal = actions.set_logo(acting_as=DANA, data=png(1200, 400), now=NOON)
    assert refusal is not None
    assert refusal_text(refusal) == (
        "This logo is 1200 × 400 pixels; at most 502 × 81 are possible.",
        "It can be scaled down to 243 × 81 pixels.",
    )
    assert queries.current() == before
    offer = str(refusal.next_step_facts["offer"])
    shown = queries.logo(offer)
    assert shown is not None
    assert (shown.width, shown.height) == (243, 81)

    assert actions.scale_logo(acting_as=DANA, offer=offer, now=NOON) is None
    after = queries.current()
    assert (after.logo_url, after.logo_width, after.logo_height) == (queries.logo_url(offer), 243, 81)
    gone = actions.scale_logo(acting_as=DANA, offer=offer, now=NOON)
    assert gone is not None
    assert refusal_text(gone)[0] == "The smaller copy of the logo is not there any more."
    assert [verb for verb, _, _ in recorded()] == ["logo.changed", "logo.changed"]


def test_an_offer_ends_with_the_next_upload() -> None:
    first = actions.set_logo(acting_as=DANA, data=png(1200, 400), now=NOON)
    assert first is not None
    actions.set_logo(acting_as=DANA, data=png(600, 100, "green"), now=NOON)
    taken = actions.scale_logo(acting_as=DANA, offer=str(first.next_step_facts["offer"]), now=NOON)
    assert taken is not None
    assert (taken.reason, queries.current().logo_url, recorded()) == ("logo_offer_gone", None, [])
    assert actions.scale_logo(acting_as=DANA, offer="", now=NOON) is not None
