"""Uploaded files: what they really are, how large, and what is kept of them."""

import io
import struct
import zlib
from hashlib import sha256

import pytest
from PIL import Image, PngImagePlugin

from tenantry.branding import logo
from tenantry.branding.logo import Logo
from tenantry.branding.texts import refusal_text
from tenantry.kernel.refusals import Refusal

RED = (200, 20, 30)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def kept(data: bytes) -> Image.Image:
    read = logo.read(data)
    assert isinstance(read, Logo)
    assert read.digest == sha256(read.png).hexdigest()
    picture = Image.open(io.BytesIO(read.png))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (read.width, read.height))
    return picture


def refused(data: bytes) -> Refusal:
    read = logo.read(data)
    assert isinstance(read, Refusal)
    return read


def test_a_png_keeps_its_pixels_and_what_shines_through() -> None:
    picture = Image.new("RGBA", (40, 20), (*RED, 128))
    out = kept(encoded(picture, "PNG"))
    assert (out.mode, out.size, out.getpixel((3, 3))) == ("RGBA", (40, 20), (*RED, 128))


@pytest.mark.parametrize(
    ("mode", "fill", "expected"),
    [
        ("RGB", RED, RED),
        ("L", 77, (77, 77, 77)),
        ("1", 1, (255, 255, 255)),
        ("LA", (77, 9), (77, 77, 77, 9)),
        ("I;16", 77 * 257, (77, 77, 77)),
    ],
)
def test_every_mode_of_png_becomes_plain(mode: str, fill: object, expected: tuple[int, ...]) -> None:
    assert kept(encoded(Image.new(mode, (5, 4), fill), "PNG")).getpixel((1, 1)) == expected  # type: ignore[arg-type]


def test_a_palette_with_a_transparent_entry_stays_transparent() -> None:
    picture = Image.new("P", (5, 4), 1)
    picture.putpalette([0, 0, 0, *RED])
    assert kept(encoded(picture, "PNG")).getpixel((0, 0)) == RED
    assert kept(encoded(picture, "PNG", transparency=1)).getpixel((0, 0)) == (*RED, 0)


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    pixel = kept(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95)).getpixel((8, 8))
    assert isinstance(pixel, tuple)
    assert len(pixel) == 3
    assert pixel[0] > 180 > 80 > pixel[1]


def test_nothing_but_pixels_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # to be turned by 90 degrees
    out = kept(encoded(Image.new("RGB", (30, 10), RED), "JPEG", exif=exif, comment=b"secret place"))
    assert out.size == (10, 30)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "secret place")
    read = logo.read(
        encoded(Image.new("RGB", (9, 9)), "PNG", pnginfo=notes, icc_profile=b"secret place") + b"secret place"
    )
    assert isinstance(read, Logo)
    assert b"secret" not in read.png
    assert not {b"tEXt", b"eXIf", b"iCCP"} & {read.png[place : place + 4] for place in range(len(read.png))}
    assert out.info == {}


def test_of_a_moving_picture_the_first_frame_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, (0, 0, 255))]
    out = kept(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert (out.getpixel((0, 0)), getattr(out, "n_frames", 1)) == (RED, 1)


def test_other_formats_are_refused_whatever_they_are_called() -> None:
    picture = Image.new("RGB", (8, 8), RED)
    files = [encoded(picture, kind) for kind in ("GIF", "WEBP", "BMP", "TIFF", "ICO")]
    files += [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"%PDF-1.7"]
    whole = encoded(Image.effect_noise((60, 60), 90), "PNG")
    files += [whole[: len(whole) // 2], encoded(Image.effect_noise((60, 60), 90), "JPEG")[:400]]
    assert {refused(data).reason for data in files} == {"logo_unreadable"}
    assert refusal_text(refused(b"")) == (
        "This file is neither a PNG nor a JPEG picture, or it is damaged.",
        "Choose a PNG or JPEG file of at most 502 × 81 pixels.",
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (6_000, 5_000), (12_000, 9_000)])
def test_a_small_file_that_would_unpack_to_something_huge_is_refused(width: int, height: int) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")
    assert refused(bomb).reason == "logo_too_many_pixels"
    assert "too " in refusal_text(refused(bomb))[0]


def test_a_bomb_in_the_notes_of_a_png_and_a_large_file_are_refused() -> None:
    notes = chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(80_000_000)))
    whole = encoded(Image.new("RGB", (8, 8)), "PNG")
    assert refused(whole[:33] + notes + whole[33:]).reason == "logo_unreadable"
    large = refused(bytes(logo.MOST_BYTES + 1))
    assert (large.reason, refusal_text(large)[0]) == ("logo_file_too_large", "This file is larger than 5 MB.")


@pytest.mark.parametrize(
    ("size", "fits", "scaled"),
    [
        ((502, 81), True, (502, 81)),
        ((1, 1), True, (1, 1)),
        ((503, 81), False, (502, 80)),
        ((502, 82), False, (495, 81)),
        ((1004, 162), False, (502, 81)),
        ((300, 300), False, (81, 81)),
        ((2000, 100), False, (502, 25)),
        ((9000, 4), False, (502, 1)),
        ((4, 9000), False, (1, 81)),
    ],
)
def test_scaling_keeps_the_proportions(size: tuple[int, int], fits: bool, scaled: tuple[int, int]) -> None:
    read = logo.read(encoded(Image.new("RGBA", size, (*RED, 200)), "PNG"))
    assert isinstance(read, Logo)
    assert (logo.fits(read), (read.width, read.height)) == (fits, size)
    smaller = logo.scaled(read)
    assert ((smaller.width, smaller.height), logo.fits(smaller)) == (scaled, True)
    assert Image.open(io.BytesIO(smaller.png)).getpixel((0, 0)) == (*RED, 200)
