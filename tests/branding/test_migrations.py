"""Logos that were stored before they had a table of their own."""

import io
from hashlib import sha256

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from PIL import Image, ImageDraw

from tenantry.branding import queries


def wordmark(colour: str) -> tuple[bytes, str]:
    picture = Image.new("RGBA", (120, 40), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((10, 10, 40, 30), fill=colour)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue(), sha256(written.getvalue()).hexdigest()


def test_logo_and_offer_are_carried_over_and_measured(db: None) -> None:
    (white, white_digest), (black, black_digest) = wordmark("white"), wordmark("black")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before")
        cursor.execute("SET LOCAL search_path TO before")
        MigrationExecutor(connection).migrate([("branding", "0002_offered_logo")])
        cursor.execute(
            "INSERT INTO branding_brand (id, portal_name, accent, support_name, support_email, support_phone,"
            " support_url, logo, logo_digest, logo_width, logo_height, offered_logo, offered_digest, offered_width,"
            " offered_height) VALUES (1, 'Kestrel', '#0b5a72', '', '', '', '', %s, %s, 120, 40, %s, %s, 120, 40)",
            [white, white_digest, black, black_digest],
        )
        MigrationExecutor(connection).migrate([("branding", "0003_logo_pictures")])
        look, offer = queries.current(), queries.offer()
    assert look.main_logo is not None
    assert (look.portal_name, look.main_logo.digest, look.dark_logo) == ("Kestrel", white_digest, None)
    assert (look.main_logo.plate_on_light, look.main_logo.plate_on_dark) == (True, False)
    assert offer.main is not None
    assert (offer.main.view.plate_on_light, offer.main.view.plate_on_dark) == (False, True)
    assert (offer.main_digest, offer.dark) == (black_digest, None)
    assert queries.logo_png(white_digest) == white


def test_a_look_without_a_logo_is_carried_over(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before")
        cursor.execute("SET LOCAL search_path TO before")
        MigrationExecutor(connection).migrate([("branding", "0002_offered_logo")])
        cursor.execute(
            "INSERT INTO branding_brand (id, portal_name, accent, support_name, support_email, support_phone,"
            " support_url, logo_digest) VALUES (1, 'Kestrel', '', '', '', '', '', '')"
        )
        MigrationExecutor(connection).migrate([("branding", "0003_logo_pictures")])
        assert (queries.current().portal_name, queries.current().main_logo) == ("Kestrel", None)
