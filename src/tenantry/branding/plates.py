"""Where a logo needs a plate: how well its outline stands out from the head of a light and of a dark page.

What meets the page is what makes a shape visible, so only the outline is measured: letters inside a badge stand out
from the badge. A picture that fills its frame and has something drawn on it brings its own ground and needs nothing;
one with letters cut out of it does not.
"""

import io
from collections import Counter
from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageChops, ImageFilter

from tenantry.branding import contrast
from tenantry.branding.contrast import Colour, Scheme
from tenantry.branding.picture import strongest

# The surface of a page's head and the plate on it, as the design system's tokens.css has them.
HEAD = {Scheme.LIGHT: Colour.parse("#ffffff"), Scheme.DARK: Colour.parse("#191c20")}
PLATE = {Scheme.LIGHT: Colour.parse("#22262c"), Scheme.DARK: Colour.parse("#f1efeb")}
# WCAG asks 3:1 of graphics and exempts logos. On a light ground less is asked: most logos are drawn for white paper,
# and every orange and light blue one would get a dark plate.
LIGHT_RATIO, DARK_RATIO = 2.0, 3.0
MOST_UNSEEN = 20  # per cent of the outline that may stand out less without a plate
WORTH_TELLING = 10  # per cent; one letter of ten
_OWN_GROUND = 0.9  # of the frame; a frame with round corners fills about this much
_FEW = 50  # one pixel of so many
_OUTLINE = 5  # width of the square around a pixel that reaches beyond the shape


@dataclass(frozen=True, slots=True)
class OnHead:
    """How a logo stands on one head: with a plate or not, and how many per cent of its outline remain unseen."""

    plate: bool
    unseen: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a logo stands on both heads."""

    light: OnHead
    dark: OnHead

    @classmethod
    def of(cls, png: bytes) -> Self:
        """Measure a logo."""
        picture = Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGBA")
        outline = _outline(picture)
        return cls(*(_on_head(picture, outline, scheme) for scheme in (Scheme.LIGHT, Scheme.DARK)))


def _outline(picture: Image.Image) -> Image.Image | None:
    """Mark the pixels of the shapes that lie beside what is transparent; None for a picture with its own ground."""
    least = strongest(picture) * 3 // 4  # shadows and soft edges are no shape
    shapes = picture.getchannel("A").point([255 if alpha >= least else 0 for alpha in range(256)])
    outline = ImageChops.subtract(shapes, shapes.filter(ImageFilter.MinFilter(_OUTLINE)))
    fills = shapes.histogram()[255] >= _OWN_GROUND * picture.width * picture.height
    return None if outline.getbbox() is None or (fills and _is_drawn_on(picture, shapes)) else outline


def _is_drawn_on(picture: Image.Image, shapes: Image.Image) -> bool:
    """Tell whether there is light and dark within the shapes, on more than a few pixels."""
    greys = [grey for grey, count in enumerate(picture.convert("L").histogram(shapes)) for _ in range(count)]
    few = len(greys) // _FEW
    darkest, lightest = (Colour(grey, grey, grey) for grey in (greys[few], greys[-1 - few]))
    return contrast.ratio(darkest, lightest) >= LIGHT_RATIO


def _on_head(picture: Image.Image, outline: Image.Image | None, scheme: Scheme) -> OnHead:
    if outline is None:
        return OnHead(plate=False, unseen=0)
    bare = _unseen(picture, outline, HEAD[scheme])
    if bare <= MOST_UNSEEN:
        return OnHead(plate=False, unseen=bare)
    plated = _unseen(picture, outline, PLATE[scheme])
    # A logo of light and dark parts loses one or the other on any ground: a plate must be worth it.
    return OnHead(plate=True, unseen=plated) if plated * 2 <= bare else OnHead(plate=False, unseen=bare)


def _unseen(picture: Image.Image, outline: Image.Image, ground: Colour) -> int:
    """Return how many per cent of the outline stand out too little from a ground."""
    needed = LIGHT_RATIO if ground.luminance() > 0.5 else DARK_RATIO
    flat = Image.new("RGBA", picture.size, str(ground))
    flat.alpha_composite(picture)
    pixels = Counter(zip(*(flat.getchannel(band).tobytes() for band in "RGB"), outline.tobytes(), strict=True))
    measured = [(Colour(*colour), count) for (*colour, marked), count in pixels.items() if marked]
    unseen = sum(count for colour, count in measured if contrast.ratio(colour, ground) < needed)
    return round(100 * unseen / sum(count for _, count in measured))
