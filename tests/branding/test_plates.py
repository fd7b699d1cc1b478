"""Where a logo needs a plate: on what it would not stand out from, and nowhere else."""

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tenantry.branding import plates
from tenantry.branding.contrast import Colour, Scheme, ratio
from tenantry.branding.plates import OnHead, Standing
from tenantry.web import ui

Fill = str | tuple[int, int, int, int]


def bars(*colours: Fill, ground: Fill = (0, 0, 0, 0)) -> bytes:
    """Draw bars of equal size side by side, as letters stand in a word."""
    picture = Image.new("RGBA", (40 * len(colours), 60), ground)
    pen = ImageDraw.Draw(picture)
    for number, colour in enumerate(colours):
        pen.rectangle((40 * number + 10, 10, 40 * number + 29, 49), fill=colour)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("colours", "light", "dark"),
    [
        (["#ffffff"], "plate", "bare"),
        (["#fafafa", "#e8e8e8"], "plate", "bare"),
        (["#ffe600"], "plate", "bare"),
        (["#000000"], "bare", "plate"),
        (["#0b5a72"], "bare", "plate"),
        (["#191c20"], "bare", "plate"),
        (["#808080"], "bare", "bare"),
        (["#e02030"], "bare", "bare"),
        (["#f7941d"], "bare", "bare"),  # drawn for white paper
        (["#f25022", "#7fba00", "#00a4ef", "#ffb900", "#737373", "#737373", "#737373", "#737373"], "bare", "bare"),
        (["#e02030", "#ffffff", "#ffffff"], "plate", "bare"),
        ([(255, 255, 255, 200)], "plate", "bare"),
    ],
)
def test_a_logo_on_transparent_ground_gets_a_plate_only_where_it_does_not_stand_out(
    colours: list[Fill], light: str, dark: str
) -> None:
    standing = Standing.of(bars(*colours))
    assert (standing.light.plate, standing.dark.plate) == (light == "plate", dark == "plate")


@pytest.mark.parametrize(("ground", "letters"), [("white", "black"), ("black", "white"), ("white", "#eeeeee")])
def test_a_picture_with_a_ground_of_its_own_needs_no_plate(ground: str, letters: str) -> None:
    assert Standing.of(bars(letters, letters, ground=ground)) == Standing(OnHead(False, 0), OnHead(False, 0))


def test_a_card_with_round_corners_has_a_ground_of_its_own_and_one_with_letters_cut_out_has_none() -> None:
    card = Image.new("RGBA", (300, 80), (0, 0, 0, 0))
    pen = ImageDraw.Draw(card)
    pen.rounded_rectangle((0, 0, 299, 79), 20, fill="white")
    cut_out = card.copy()
    for picture, letters in ((card, (0, 0, 0, 255)), (cut_out, (0, 0, 0, 0))):
        pen = ImageDraw.Draw(picture)
        for left in range(40, 260, 40):
            pen.rectangle((left, 25, left + 6, 55), fill=letters)
    written = [io.BytesIO(), io.BytesIO()]
    card.save(written[0], "PNG")
    cut_out.save(written[1], "PNG")
    assert Standing.of(written[0].getvalue()) == Standing(OnHead(False, 0), OnHead(False, 0))
    assert Standing.of(written[1].getvalue()) == Standing(OnHead(True, 0), OnHead(False, 0))


def test_what_lies_inside_a_shape_stands_out_from_the_shape_and_is_not_measured() -> None:
    picture = Image.new("RGBA", (300, 60), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((10, 2, 66, 58), fill="#2a6fdb")
    pen.rectangle((25, 20, 50, 40), fill="white")
    written = io.BytesIO()
    picture.save(written, "PNG")
    assert Standing.of(written.getvalue()).light == OnHead(plate=False, unseen=0)


def test_of_light_and_dark_parts_no_plate_saves_both_and_what_is_lost_is_told() -> None:
    assert Standing.of(bars("#ffffff", "#000000")) == Standing(OnHead(False, 50), OnHead(False, 50))
    faint = Standing.of(bars((0, 0, 0, 40)))
    assert (faint.light, faint.dark) == (OnHead(False, 100), OnHead(False, 100))


channel = st.integers(0, 255)


@given(st.builds(Colour, channel, channel, channel))
def test_a_logo_of_one_colour_stands_out_from_whatever_is_behind_it(colour: Colour) -> None:
    standing = Standing.of(bars(str(colour)))
    for scheme, on in ((Scheme.LIGHT, standing.light), (Scheme.DARK, standing.dark)):
        behind = plates.PLATE[scheme] if on.plate else plates.HEAD[scheme]
        least = plates.LIGHT_RATIO if behind.luminance() > 0.5 else plates.DARK_RATIO
        assert (on.unseen, ratio(colour, behind) >= least) == (0, True)


def test_the_grounds_are_those_of_the_design_system() -> None:
    tokens = (Path(ui.__file__).parent / "static/ui/css/tokens.css").read_text("utf-8")
    for name, grounds in (("surface", plates.HEAD), ("logo-plate", plates.PLATE)):
        found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", tokens)
        assert found is not None
        assert found.groups() == (str(grounds[Scheme.LIGHT]), str(grounds[Scheme.DARK]))
