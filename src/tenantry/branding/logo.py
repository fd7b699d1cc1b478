"""Logos: what a file really is, how large it is, and a clean copy of its pixels.

Only PNG and JPEG are read, whatever the file is called. What is kept is always written anew as PNG: no position data,
no colour profile, no second frame, nothing hidden behind the picture.
"""

import io
import warnings
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image, ImageOps

from tenantry.kernel.refusals import Refusal

MOST_WIDTH = 502
MOST_HEIGHT = 81
LEAST_SIDE = 8  # what is thinner nobody can see
MOST_BYTES = 5_000_000
# Far beyond any logo, and 100 MB as pixels: what is larger is not even unpacked.
MOST_PIXELS = 25_000_000


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is kept: PNG, its size in pixels, and the SHA-256 of its bytes."""

    png: bytes
    width: int
    height: int
    digest: str


def read(data: bytes) -> Logo | Refusal:
    """Turn an uploaded file into a logo of the same size; refuse what is no PNG or JPEG or too large to be unpacked."""
    if len(data) > MOST_BYTES:
        return _refusal("logo_file_too_large", bytes=len(data), most_bytes=MOST_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
            if picture.width * picture.height > MOST_PIXELS:
                return _refusal("logo_too_many_pixels", width=picture.width, height=picture.height)
            return _kept(_plain(picture))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return _refusal("logo_too_many_pixels")
    except (OSError, ValueError, SyntaxError, EOFError, Warning):
        # Pillow has no one error for a damaged or hostile file.
        return _refusal("logo_unreadable")


def fits(logo: Logo) -> bool:
    """Tell whether a logo keeps to 502 × 81 pixels."""
    return logo.width <= MOST_WIDTH and logo.height <= MOST_HEIGHT


def scaled(logo: Logo) -> Logo:
    """Make a logo as large as 502 × 81 pixels allow, with the same proportions; one that fits stays as it is."""
    if fits(logo):
        return logo
    factor = min(MOST_WIDTH / logo.width, MOST_HEIGHT / logo.height)
    size = (max(1, int(logo.width * factor)), max(1, int(logo.height * factor)))
    picture = Image.open(io.BytesIO(logo.png), formats=("PNG",))
    return _kept(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def too_thin(logo: Logo) -> Refusal | None:
    """Refuse a logo of which next to nothing is left within 502 × 81 pixels: a line, or a dot."""
    factor = min(MOST_WIDTH / logo.width, MOST_HEIGHT / logo.height, 1)
    width, height = int(logo.width * factor), int(logo.height * factor)
    if min(width, height) >= LEAST_SIDE:
        return None
    return Refusal(
        reason="logo_too_thin",
        rule="logo_size",
        next_step="choose_other_shape",
        facts={"width": logo.width, "height": logo.height, "most_width": MOST_WIDTH, "most_height": MOST_HEIGHT},
        next_step_facts={"least": LEAST_SIDE},
    )


def too_large(logo: Logo, offer: Logo) -> Refusal:
    """Refuse a logo that does not fit, with its measured size and the offer of a smaller copy."""
    return Refusal(
        reason="logo_too_large",
        rule="logo_size",
        next_step="scale_logo",
        facts={
            "width": logo.width,
            "height": logo.height,
            "most_width": MOST_WIDTH,
            "most_height": MOST_HEIGHT,
        },
        next_step_facts={"width": offer.width, "height": offer.height, "offer": offer.digest},
    )


def _refusal(reason: str, **facts: int) -> Refusal:
    return Refusal(reason=reason, rule="logo_file", next_step="choose_other_logo", facts=facts)


def _plain(picture: Image.Image) -> Image.Image:
    """Unpack the first frame the right way up, as RGB, or RGBA where something shines through."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # sixteen bits of grey
        upright = upright.point(lambda grey: grey * (1 / 256)).convert("L")
    return upright.convert("RGBA" if upright.has_transparency_data else "RGB")


def _kept(picture: Image.Image) -> Logo:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, format="PNG", optimize=True)
    png = written.getvalue()
    return Logo(png, bare.width, bare.height, sha256(png).hexdigest())
