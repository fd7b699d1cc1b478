"""Files of pictures: what a file really is, and its pixels, whatever else it carries.

Notes about a picture (position, colour profile, resolution, a second view, an animation) decide nothing: where they
are broken they are passed over.
"""

import io
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_RIFF_KIND = slice(8, 12)
# What people take for logos. A drawing may begin with a declaration and notes, so SVG is looked for further in.
_OTHER_FORMATS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\1\0", "ICO"),
    (b"%PDF", "PDF"),
    (b"%!PS", "EPS"),
    (b"8BPS", "PSD"),
)
# Parts of a PNG that make its pixels; eXIf says which way up it is.
_PIXEL_PARTS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf"})
_DEPTH_AT = 24  # bits per channel, in the head that every PNG begins with
_ORIENTATION = 0x0112
# How a picture is to be turned, by what its Exif says; 1 is upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)


def format_name(data: bytes) -> str:
    """Name the format that a file has by its content; empty for what is none of those that people take for logos."""
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(_JPEG):
        return "JPEG"
    if data.startswith(b"RIFF") and data[_RIFF_KIND] == b"WEBP":
        return "WebP"
    if data[4:12] in (b"ftypavif", b"ftypavis", b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "AVIF" if data[8:12].startswith(b"avi") else "HEIC"
    if b"<svg" in data[:4096].lower():
        return "SVG"
    return next((name for start, name in _OTHER_FORMATS if data.startswith(start)), "")


def opened(data: bytes) -> ImageFile.ImageFile:
    """Open a PNG or JPEG without unpacking its pixels.

    Errors: for a damaged file any that Pillow can come to.
    """
    if data.startswith(_PNG):
        return PngImageFile(io.BytesIO(_PNG + b"".join(part for kind, part in _parts(data) if kind in _PIXEL_PARTS)))
    return JpegImageFile(io.BytesIO(data))


def moves(data: bytes) -> bool:
    """Tell whether a PNG is an animation; of those the still image is read."""
    return data.startswith(_PNG) and any(kind == b"acTL" for kind, _part in _parts(data))


def scans(data: bytes) -> int:
    """Count how often a JPEG goes over all of its pixels: each time takes as long as the whole picture."""
    return data.count(b"\xff\xda") if data.startswith(_JPEG) else 1


def orientation(picture: Image.Image) -> int:
    """Read which way up a picture is, from 1 to 8; upright where that is missing or broken."""
    try:
        found = picture.getexif().get(_ORIENTATION)
    except Exception:  # whatever a broken note brings Pillow to, the pixels are whole
        return 1
    return found if found in _TURNS else 1


def upright_size(picture: Image.Image, turned: int) -> tuple[int, int]:
    """Return width and height after `upright`."""
    return picture.size[::-1] if turned in _LYING else picture.size


def upright(picture: Image.Image, turned: int) -> Image.Image:
    """Turn a picture the right way up."""
    return picture.transpose(_TURNS[turned]) if turned in _TURNS else picture


def plain(picture: ImageFile.ImageFile, data: bytes) -> Image.Image:
    """Unpack a picture as RGB, or as RGBA where something shines through.

    Errors: for a damaged file any that Pillow can come to.
    """
    picture.load()
    clear = picture.info.get("transparency")
    if picture.mode == "I;16":
        return _sixteen_bits_of_grey(picture, clear)
    if isinstance(picture, PngImageFile) and clear is not None:
        # The colour that is transparent is told in the file's own depth; Pillow has made the pixels eight bits deep.
        depth = data[_DEPTH_AT]
        if picture.mode == "L" and depth < 8:
            picture.info["transparency"] = clear * 255 // (2**depth - 1)
        elif picture.mode == "RGB" and depth == 16:
            picture.info["transparency"] = tuple(channel >> 8 for channel in clear)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def strongest(picture: Image.Image) -> int:
    """Return the alpha of the most opaque pixel of an RGBA picture, from 0 to 255."""
    return max(value for value, count in enumerate(picture.getchannel("A").histogram()) if count)


def _sixteen_bits_of_grey(picture: Image.Image, clear: int | None) -> Image.Image:
    raw = picture.tobytes()  # the low byte of each pixel first
    high = Image.frombytes("L", picture.size, raw[1::2])
    if clear is None:
        return high.convert("RGB")
    low = Image.frombytes("L", picture.size, raw[::2])
    del raw  # an upload holds no more than it must
    same = ImageChops.darker(high.point(_only(clear >> 8)), low.point(_only(clear & 255)))
    return Image.merge("RGBA", (high, high, high, ImageChops.invert(same)))


def _only(value: int) -> list[int]:
    """Return a table that makes one value white and all others black."""
    return [255 if number == value else 0 for number in range(256)]


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Walk through the parts of a PNG; each comes with its length, its kind and its checksum."""
    place, end = len(_PNG), len(data)
    while place + 8 <= end:
        after = place + 12 + int.from_bytes(data[place : place + 4])
        yield data[place + 4 : place + 8], data[place:after]
        place = after
