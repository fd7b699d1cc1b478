"""Settings: the logo is uploaded, shown in the heads of both looks, and saved or not."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageDraw

from tenantry.branding import queries as branding
from tenantry.people.models import StaffRole
from tests.people.house import House, audit_verbs
from tests.web.backoffice.visitors import page, staff_of, told, words

PAGE = "/office/settings/"


@pytest.fixture
def milan(small: House) -> Client:
    """An admin."""
    return staff_of(StaffRole.ADMIN)


def upload(data: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def picture(width: int, height: int, kind: str = "PNG") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (20, 90, 120)).save(file, format=kind)
    return upload(file.getvalue())


def letters(*colours: str) -> SimpleUploadedFile:
    """Draw strokes on transparent ground."""
    image = Image.new("RGBA", (200, 40), (0, 0, 0, 0))
    for number, colour in enumerate(colours):
        ImageDraw.Draw(image).rectangle((10 + 20 * number, 5, 18 + 20 * number, 35), fill=colour)
    file = io.BytesIO()
    image.save(file, "PNG")
    return upload(file.getvalue())


def heads(markup: str) -> dict[str, list[tuple[str, str]]]:
    """Return address and class of the pictures in each head that is shown."""
    found = {}
    for theme, head in re.findall(r'class="head-preview" data-theme="(\w+)"(.*?)</figure>', markup, re.DOTALL):
        found[theme] = re.findall(r'<img src="([^"]+)"[^>]*?(?: class="([^"]*)")?>', head)
    return found


def save(client: Client, markup: str) -> None:
    fields = dict(re.findall(r'name="(main|dark)" value="(\w*)"', markup))
    assert client.post(f"{PAGE}logo/save/", fields).headers["Location"] == f"{PAGE}#logo"


def head_of_a_page(client: Client) -> list[tuple[str, str]]:
    """Return address and class of the pictures in the bar of a page."""
    bar = page(client.get("/office/")).partition("<header")[2].partition("</header>")[0]
    return re.findall(r'<img src="([^"]+)"[^>]*?(?: class="([^"]*)")?>', bar)


def test_a_logo_is_shown_in_both_heads_before_it_is_saved(milan: Client) -> None:
    answer = milan.post(f"{PAGE}logo/", {"logo": picture(300, 60, "JPEG")})
    assert answer.headers["Location"] == f"{PAGE}#logo"
    offered = branding.offer().main
    assert offered is not None
    url = offered.view.url
    markup = page(milan.get(PAGE))
    assert "Not saved yet" in words(markup)
    assert heads(markup) == {"light": [(url, "")], "dark": [(url, "")]}
    assert (branding.current().main_logo, head_of_a_page(milan)) == (None, [])

    save(milan, markup)
    markup = page(milan.get(PAGE))
    assert "The logo is saved." in words(markup)
    assert "Not saved yet" not in words(markup)
    assert heads(markup) == {"light": [(url, "")], "dark": [(url, "")]}
    assert head_of_a_page(milan) == [(url, "")]

    milan.post(f"{PAGE}logo/remove/", {"place": "main"})
    assert branding.current().main_logo is None
    assert "There is no logo yet; the portal's name stands in its place." in told(milan, PAGE)
    assert audit_verbs()[-2:] == ["logo.changed", "logo.removed"]


@pytest.mark.parametrize(("colour", "plated"), [("white", "light"), ("black", "dark"), ("#e02030", "")])
def test_a_plate_is_put_only_under_what_would_not_stand_out(milan: Client, colour: str, plated: str) -> None:
    milan.post(f"{PAGE}logo/", {"logo": letters(colour)})
    markup = page(milan.get(PAGE))
    seen = {theme: shown[0][1] for theme, shown in heads(markup).items()}
    if plated:
        assert seen == {theme: f"on-{theme}" + (" plate" if theme == plated else "") for theme in ("light", "dark")}
    else:
        assert seen == {"light": "", "dark": ""}
    assert words(markup).count("It stands on a plate here: without one it would not stand out.") == bool(plated)
    save(milan, markup)
    assert [classes for _, classes in head_of_a_page(milan)] == list(dict.fromkeys(seen.values()))


def test_a_logo_for_dark_pages_takes_the_place_of_the_other_there(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo": letters("black"), "logo_dark": letters("white")})
    offer = branding.offer()
    assert offer.main is not None
    assert offer.dark is not None
    markup = page(milan.get(PAGE))
    expected = [(offer.main.view.url, "on-light"), (offer.dark.view.url, "on-dark")]
    assert heads(markup) == {"light": expected[:1], "dark": expected[1:]}
    save(milan, markup)
    assert head_of_a_page(milan) == expected
    milan.post(f"{PAGE}logo/remove/", {"place": "dark"})
    assert "The logo for dark pages is removed. The other one stands there too." in told(milan, PAGE)
    assert head_of_a_page(milan) == [(expected[0][0], "on-light"), (expected[0][0], "on-dark plate")]


def test_a_logo_for_dark_pages_alone_is_kept_until_the_other_comes(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo_dark": letters("white")})
    markup = page(milan.get(PAGE))
    assert "Upload that too, then both are saved." in words(markup)
    assert "Save the logo as shown" not in words(markup)
    assert [len(shown) for shown in heads(markup).values()] == [0, 1]
    offer = branding.offer()
    refused = words(page(milan.post(f"{PAGE}logo/save/", {"main": "", "dark": offer.dark_digest}), 422))
    assert "A logo for dark pages stands beside a logo for all pages, and there is none yet." in refused
    milan.post(f"{PAGE}logo/", {"logo": letters("black")})
    save(milan, page(milan.get(PAGE)))
    dark = branding.current().dark_logo
    assert dark is not None
    assert dark.digest == offer.dark_digest


def test_what_no_plate_can_mend_is_told(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo": letters("white", "black")})
    text = words(page(milan.get(PAGE)))
    assert "About 50 % of its outline hardly stands out here. Upload a logo with darker or stronger colours." in text
    assert "About 50 % of its outline hardly stands out here. A logo of its own for dark pages helps." in text
    milan.post(f"{PAGE}logo/", {"logo_dark": letters("white", "black")})
    assert "Upload one with lighter or stronger colours for dark pages." in words(page(milan.get(PAGE)))


def test_a_logo_that_is_too_large_is_shown_scaled_down_with_its_size(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo": picture(1004, 100)})
    markup = page(milan.get(PAGE))
    size = "The logo for all pages is 1004 × 100 pixels; at most 502 × 81 are possible. It is scaled down to 502 × 50."
    assert size in words(markup)
    save(milan, markup)
    current = branding.current().main_logo
    assert current is not None
    assert (current.width, current.height) == (502, 50)
    assert size not in words(page(milan.get(PAGE)))


def test_of_an_animation_it_is_told_what_is_kept(milan: Client) -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    milan.post(f"{PAGE}logo/", {"logo_dark": upload(file.getvalue())})
    said = "The logo for dark pages is an animation. Only its still picture is kept."
    assert said in words(page(milan.get(PAGE)))


def test_another_logo_that_came_meanwhile_is_not_saved_unseen(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo": picture(300, 60)})
    shown = branding.offer().main_digest
    milan.post(f"{PAGE}logo/", {"logo": picture(200, 60)})
    for fields in ({"main": shown, "dark": ""}, {"main": "other"}, {}):
        text = words(page(milan.post(f"{PAGE}logo/save/", fields), 422))
        assert "another logo was uploaded meanwhile. Nothing is saved. Look at what is shown now" in text
    assert branding.current().main_logo is None
    milan.post(f"{PAGE}logo/discard/")
    assert "What was not saved is discarded." in told(milan, PAGE)
    assert branding.offer() == branding.Offer(None, None)


def test_a_refused_file_stands_at_its_field_and_the_other_is_shown(milan: Client) -> None:
    files = {"logo": picture(300, 60), "logo_dark": upload(b"GIF89a", "logo.png")}
    markup = page(milan.post(f"{PAGE}logo/", files), 422)
    assert "By its content this file is GIF, which cannot be taken as a logo." in words(markup)
    assert 'id="id_logo_dark_error"' in markup
    assert 'id="id_logo_error"' not in markup
    offered = branding.offer().main
    assert offered is not None
    assert heads(markup)["light"] == [(offered.view.url, "")]


@pytest.mark.parametrize(("width", "height"), [(1200, 3), (3, 1200), (502, 7), (4000, 60)])
def test_a_logo_that_would_be_a_line_is_refused(milan: Client, width: int, height: int) -> None:
    markup = page(milan.post(f"{PAGE}logo/", {"logo": picture(width, height)}), 422)
    said = f"This picture is {width} × {height} pixels: within 502 × 81 it is too thin to be seen."
    assert f"{said} Choose a picture of another shape: at least 8 pixels wide and high when it fits." in words(markup)
    assert branding.offer().main is None


def test_the_thinnest_logo_is_taken(milan: Client) -> None:
    milan.post(f"{PAGE}logo/", {"logo": picture(502, 8)})
    offered = branding.offer().main
    assert offered is not None
    assert offered.view.height == 8


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This file is empty. Export the logo anew and upload that file."),
        (b"GIF89a", "By its content this file is GIF, which cannot be taken as a logo. Export the logo as PNG"),
        (b"\x89PNG\r\n\x1a\n broken", "This PNG picture is damaged or cut off. Export the logo anew"),
        (
            b"<svg onload='x'/>",
            "By its content this file is SVG, which cannot be taken as a logo. Export the logo as PNG",
        ),
    ],
)
def test_what_is_no_picture_is_refused(milan: Client, data: bytes, said: str) -> None:
    # Django's test client leaves an empty file out, which browsers send: so the body is written by hand.
    body = b'--x\r\nContent-Disposition: form-data; name="logo"; filename="logo.png"\r\n\r\n' + data + b"\r\n--x--\r\n"
    answer = milan.post(f"{PAGE}logo/", body, content_type="multipart/form-data; boundary=x")
    assert said in words(page(answer, 422))
    assert branding.offer() == branding.Offer(None, None)


def test_without_a_file_nothing_happens(milan: Client) -> None:
    milan.post(f"{PAGE}logo/")
    assert "No file was chosen." in told(milan, PAGE)
