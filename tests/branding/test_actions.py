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
from tenantry.kernel.refusals import Refusal

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
    assert (look.portal_name, look.accent, look.stylesheet_url, look.main_logo) == ("Tenantry", "", "", None)
    assert look.palette == contrast.palette(contrast.Colour.parse("#0b5a72"))
    assert (queries.stylesheet("0" * 16), queries.logo_png(""), queries.logo_png("0" * 64)) == (None, None, None)


def test_the_stylesheet_follows_the_accent_under_a_new_address() -> None:
    changes = actions.set_brand(acting_as=DANA, look=Look(portal_name=" Contoso IT ", accent="#FFE94D"), now=NOON)
    assert [change.scheme for change in changes] == [contrast.Scheme.LIGHT]
    look = queries.current()
    assert (look.portal_name, look.accent) == ("Contoso IT", "#ffe94d")
    digest = look.stylesheet_url.removeprefix("/brand/").removesuffix(".css")
    assert queries.stylesheet(digest) == (
        ":root {\n"
        "  --brand-accent: #ffe94d;\n"
        f"  --brand-accent-deep: {look.palette.light.accent_deep};\n"
        "  --brand-on-accent: #000000;\n"
        f"  --brand-accent-text: {look.palette.light.accent_text};\n"
        "  --brand-accent-dark: #ffe94d;\n"
        f"  --brand-accent-deep-dark: {look.palette.dark.accent_deep};\n"
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


def offered(**files: bytes) -> queries.Offer:
    """Upload files that are taken, by their place."""
    places: dict[str, actions.Place] = {"main": "main", "dark": "dark"}
    assert actions.offer_logos(acting_as=DANA, files={places[name]: data for name, data in files.items()}) == {}
    return queries.offer()


def saved(offer: queries.Offer) -> Refusal | None:
    return actions.save_logos(acting_as=DANA, main=offer.main_digest, dark=offer.dark_digest, now=NOON)


def test_a_logo_is_shown_first_and_takes_its_place_when_it_is_saved() -> None:
    offer = offered(main=png(1200, 400))
    assert offer.main is not None
    assert (offer.main.file_width, offer.main.file_height, offer.main.view.width, offer.main.view.height) == (
        1200,
        400,
        243,
        81,
    )
    served = queries.logo_png(offer.main_digest)
    assert served is not None
    assert Image.open(io.BytesIO(served)).size == (243, 81)
    assert (queries.current().main_logo, recorded()) == (None, [])

    assert saved(offer) is None
    assert queries.current().main_logo == offer.main.view
    assert queries.offer() == queries.Offer(None, None)
    said = {"digest": offer.main_digest, "width": 243, "height": 81}
    assert recorded() == [("logo.changed", None, said)]

    actions.remove_logo(acting_as=DANA, place="main", now=NOON)
    assert (queries.current().main_logo, queries.logo_png(offer.main_digest)) == (None, None)
    actions.remove_logo(acting_as=DANA, place="main", now=NOON)
    assert recorded() == [("logo.removed", said, None), ("logo.changed", None, said)]


def test_the_same_logo_once_more_changes_nothing() -> None:
    saved(offered(main=png(30, 30)))
    assert saved(offered(main=png(30, 30))) is None
    assert len(recorded()) == 1


def test_only_what_was_shown_is_saved() -> None:
    shown = offered(main=png(30, 30, "blue"))
    offered(main=png(40, 30, "green"))
    refusal = saved(shown)
    assert refusal is not None
    assert refusal_text(refusal) == (
        "What was shown is not there any more, or another logo was uploaded meanwhile. Nothing is saved.",
        "Look at what is shown now, or upload the logo again.",
    )
    assert queries.logo_png(shown.main_digest) is None
    offered(dark=png(50, 30, "yellow"))
    without_dark = actions.save_logos(acting_as=DANA, main=queries.offer().main_digest, now=NOON)
    assert without_dark is not None
    assert saved(queries.Offer(None, None)) is not None
    assert (queries.current().main_logo, recorded()) == (None, [])
    assert saved(queries.offer()) is None
    again = saved(queries.offer())
    assert again is not None
    assert again.reason == "logo_offer_gone"


def test_of_two_files_the_good_one_is_kept_where_the_other_is_refused() -> None:
    refused = actions.offer_logos(acting_as=DANA, files={"main": png(30, 30), "dark": b"GIF89a"})
    assert {place: refusal.reason for place, refusal in refused.items()} == {"dark": "logo_other_format"}
    before = queries.offer()
    assert (before.main is not None, before.dark) == (True, None)
    assert list(actions.offer_logos(acting_as=DANA, files={"main": b"", "dark": b""})) == ["main", "dark"]
    assert queries.offer() == before


def test_a_logo_for_dark_pages_stands_beside_one_for_all_pages() -> None:
    alone = saved(offered(dark=png(40, 30, "white")))
    assert alone is not None
    assert refusal_text(alone) == (
        "A logo for dark pages stands beside a logo for all pages, and there is none yet.",
        "Upload the logo for all pages too; the one for dark pages is kept until then.",
    )
    both = offered(main=png(30, 30))
    assert saved(both) is None
    assert both.main is not None
    assert both.dark is not None
    look = queries.current()
    assert (look.main_logo, look.dark_logo) == (both.main.view, both.dark.view)
    said = {"digest": both.main_digest, "width": 30, "height": 30}
    dark_said = {"dark_digest": both.dark_digest, "dark_width": 40, "dark_height": 30}
    actions.remove_logo(acting_as=DANA, place="dark", now=NOON)
    look = queries.current()
    assert (look.main_logo, look.dark_logo) == (both.main.view, None)
    assert recorded() == [("logo.changed", said | dark_said, said), ("logo.changed", None, said | dark_said)]
    saved(offered(dark=png(40, 30, "white")))
    actions.remove_logo(acting_as=DANA, place="main", now=NOON)
    look = queries.current()
    assert (look.main_logo, look.dark_logo) == (None, None)


def test_what_is_discarded_is_gone_and_what_is_saved_stays() -> None:
    saved(offered(main=png(30, 30)))
    offer = offered(main=png(40, 30), dark=png(50, 30))
    actions.discard_offer(acting_as=DANA)
    assert queries.offer() == queries.Offer(None, None)
    assert (queries.logo_png(offer.main_digest), queries.logo_png(offer.dark_digest)) == (None, None)
    kept = queries.current().main_logo
    assert kept is not None
    assert queries.logo_png(kept.digest) is not None
    assert len(recorded()) == 1
