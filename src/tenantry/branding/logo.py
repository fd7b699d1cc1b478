"""Logos: an uploaded file becomes a clean copy of its pixels that fits 502 × 81.

Only PNG and JPEG are read, whatever the file is called. What is kept is always written anew as PNG: no position data,
no colour profile, no second frame, nothing hidden behind the picture.
"""

import ctypes
import io
import threading
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image

from tenantry.branding import picture as files
from tenantry.kernel.refusals import FactValue, Refusal

MOST_WIDTH = 502
MOST_HEIGHT = 81
LEAST_SIDE = 8  # what is thinner nobody can see
LEAST_OPACITY = 32  # of 255; what is fainter everywhere nobody can see either
MOST_BYTES = 5_000_000
MOST_PIXELS = 8_000_000  # 32 MB when unpacked
MOST_SCANS = 100  # programs write about ten
# A JPEG is unpacked no larger than this many times what is kept of it: enough for a clean reduction.
_DRAFT = 2
# One picture is unpacked at a time: what two threads hold at once is then no more than one of them and both files.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is kept: PNG, its size in pixels, and the SHA-256 of its bytes."""

    png: bytes
    width: int
    height: int
    digest: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A logo with what the file was: its size in pixels, upright, and whether it moved."""

    logo: Logo
    width: int
    height: int
    moves: bool


def read(data: bytes) -> Upload | Refusal:
    """Turn an uploaded file into a logo that fits 502 × 81 pixels, in the same proportions.

    A smaller picture keeps its size. Refused is what is no PNG or JPEG, is damaged, has more than 8 million pixels, is
    too thin to be seen within the measure, or is transparent all over.
    """
    if not data:
        return _refusal("logo_empty_file", "upload_again")
    if len(data) > MOST_BYTES:
        return _refusal("logo_file_too_large")
    format_name = files.format_name(data)
    if format_name not in ("PNG", "JPEG"):
        return _refusal("logo_other_format", "export_as_png", format=format_name)
    with _one_at_a_time:
        try:
            found = _read(data)
        except Exception:  # Pillow has no one error for a damaged or hostile file, and asserts too
            found = _refusal("logo_damaged", "upload_again", format=format_name)
        _give_memory_back()
    return found


def _read(data: bytes) -> Upload | Refusal:
    picture = files.opened(data)
    if picture.width * picture.height > MOST_PIXELS:
        return _refusal("logo_too_many_pixels", width=picture.width, height=picture.height)
    if files.scans(data) > MOST_SCANS:
        return _refusal("logo_too_many_scans", "export_as_png")
    turned = files.orientation(picture)
    width, height = files.upright_size(picture, turned)
    factor = min(MOST_WIDTH / width, MOST_HEIGHT / height, 1)
    size = (int(picture.width * factor), int(picture.height * factor))
    if min(size) < LEAST_SIDE:
        return _refusal("logo_too_thin", "choose_other_shape", width=width, height=height)
    picture.draft(None, (size[0] * _DRAFT, size[1] * _DRAFT))  # for a PNG this does nothing
    whole = files.plain(picture, data)
    del picture  # its pixels would stay beside those of the copy
    if whole.size != size:
        whole = whole.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if whole.mode == "RGBA" and files.strongest(whole) < LEAST_OPACITY:
        return _refusal("logo_transparent", "check_export")
    return Upload(_kept(files.upright(whole, turned)), width, height, files.moves(data))


def _give_memory_back() -> None:
    """Hand what was freed back to the system: glibc keeps it for the thread, and every thread would keep its own."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none and keep less
    if trim is not None:
        trim(0)


def _refusal(reason: str, next_step: str = "choose_other_logo", **facts: FactValue) -> Refusal:
    return Refusal(reason=reason, rule="logo_file", next_step=next_step, facts=facts)


def _kept(picture: Image.Image) -> Logo:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    written = io.BytesIO()
    bare.save(written, format="PNG", optimize=True)
    png = written.getvalue()
    return Logo(png, bare.width, bare.height, sha256(png).hexdigest())
