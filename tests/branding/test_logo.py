"""Uploaded files: what they really are, how large, and what is kept of them."""

import io
import struct
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tenantry.branding import logo
from tenantry.branding.logo import Upload
from tenantry.branding.texts import refusal_text
from tenantry.kernel.refusals import Refusal

RED = (200, 20, 30)
AS_PNG = "Export the logo as PNG, best at 502 × 81 pixels or less, and upload that file."
ANEW = "Export the logo anew and upload that file."


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def drawn(depth: int, kind: int, row: bytes, *notes: bytes, size: tuple[int, int] = (8, 8)) -> bytes:
    """Write a PNG of equal rows by hand: Pillow writes neither every depth nor broken notes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * size[1]))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(notes) + pixels + chunk(b"IEND", b"")


def kept(data: bytes) -> Image.Image:
    read = logo.read(data)
    assert isinstance(read, Upload)
    assert read.logo.digest == sha256(read.logo.png).hexdigest()
    picture = Image.open(io.BytesIO(read.logo.png))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (read.logo.width, read.logo.height))
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
        ("LA", (77, 90), (77, 77, 77, 90)),
        ("I;16", 77 * 257, (77, 77, 77)),
    ],
)
def test_every_mode_of_png_becomes_plain(mode: str, fill: object, expected: tuple[int, ...]) -> None:
    assert kept(encoded(Image.new(mode, (9, 8), fill), "PNG")).getpixel((1, 1)) == expected  # type: ignore[arg-type]


def test_a_palette_with_a_transparent_entry_stays_transparent() -> None:
    picture = Image.new("P", (9, 8), 1)
    picture.putpalette([0, 0, 0, *RED])
    picture.putpixel((8, 7), 0)
    assert kept(encoded(picture, "PNG")).getpixel((0, 0)) == RED
    assert kept(encoded(picture, "PNG", transparency=1)).getpixel((0, 0)) == (*RED, 0)


@pytest.mark.parametrize(
    ("depth", "kind", "row", "clear", "first", "last"),
    [
        (1, 0, b"\x80", b"\0\1", (255, 255, 255, 0), (0, 0, 0, 255)),
        (2, 0, b"\xc0\x00", b"\0\3", (255, 255, 255, 0), (0, 0, 0, 255)),
        (4, 0, b"\xf0\0\0\0", b"\0\x0f", (255, 255, 255, 0), (0, 0, 0, 255)),
        (4, 0, b"\x30\0\0\0", b"\0\0", (51, 51, 51, 255), (0, 0, 0, 0)),
        (8, 0, b"\xff" + bytes(7), b"\0\xff", (255, 255, 255, 0), (0, 0, 0, 255)),
        (16, 0, b"\x12\x34" + b"\x12\x35" * 7, b"\x12\x34", (18, 18, 18, 0), (18, 18, 18, 255)),
        (16, 0, b"\x12\x34" + b"\x13\x34" * 7, b"\x12\x34", (18, 18, 18, 0), (19, 19, 19, 255)),
        (8, 2, b"\1\2\3" + b"\4\5\6" * 7, b"\0\1\0\2\0\3", (1, 2, 3, 0), (4, 5, 6, 255)),
        (
            16,
            2,
            b"\1\x11\2\x22\3\x33" + b"\4\4\5\5\6\6" * 7,
            b"\1\x11\2\x22\3\x33",
            (1, 2, 3, 0),
            (4, 5, 6, 255),
        ),
    ],
)
def test_a_colour_that_is_told_to_be_transparent_is_so_at_every_depth(
    depth: int, kind: int, row: bytes, clear: bytes, first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    out = kept(drawn(depth, kind, row, chunk(b"tRNS", clear)))
    assert (out.getpixel((0, 0)), out.getpixel((7, 7))) == (first, last)


@pytest.mark.parametrize("kind", [4, 6])
def test_sixteen_bits_of_opacity_stay(kind: int) -> None:
    pixel = b"\x40\0" * (1 if kind == 4 else 3)
    out = kept(drawn(16, kind, (pixel + b"\x80\0") + (pixel + b"\0\0") * 7))
    assert (out.getpixel((0, 0)), out.getpixel((1, 0))) == ((64, 64, 64, 128), (64, 64, 64, 0))


def test_what_is_scaled_down_stays_transparent() -> None:
    picture = Image.new("LA", (1000, 200), (255, 0))
    picture.paste((10, 255), (0, 0, 500, 200))
    out = kept(encoded(picture, "PNG"))
    assert (out.size, out.getpixel((10, 40)), out.getpixel((400, 40))) == ((405, 81), (10, 10, 10, 255), (0, 0, 0, 0))


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
    assert isinstance(read, Upload)
    png = read.logo.png
    assert b"secret" not in png
    assert not {b"tEXt", b"eXIf", b"iCCP"} & {png[place : place + 4] for place in range(len(png))}
    assert out.info == {}


def test_of_a_moving_picture_the_still_one_is_kept_and_told() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, (0, 0, 255))]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    out, read = kept(data), logo.read(data)
    assert (out.getpixel((0, 0)), getattr(out, "n_frames", 1)) == (RED, 1)
    assert isinstance(read, Upload)
    assert read.moves
    still = logo.read(encoded(frames[0], "PNG"))
    assert isinstance(still, Upload)
    assert not still.moves


TWO_MEGABYTES = zlib.compress(bytes(2_000_000))


@pytest.mark.parametrize(
    "note",
    [
        chunk(b"zTXt", b"a\0\0" + TWO_MEGABYTES),
        chunk(b"iTXt", b"a\0\1\0\0\0" + TWO_MEGABYTES),
        chunk(b"zTXt", b"a\0\7" + TWO_MEGABYTES),
        chunk(b"iCCP", b"a\0\0" + TWO_MEGABYTES),
        chunk(b"iCCP", b""),
        chunk(b"pHYs", b"\0"),
        chunk(b"gAMA", b""),
        chunk(b"cHRM", b"\1\2\3"),
        chunk(b"sRGB", b""),
        chunk(b"eXIf", b"nothing of the kind"),
        chunk(b"eXIf", b""),
        chunk(b"acTL", b""),
        chunk(b"fcTL", bytes(26)),
        chunk(b"fdAT", b"\0\0\0\1"),
        chunk(b"tEXt", b"a\0b")[:-1] + b"!",  # with a wrong checksum
    ],
)
def test_broken_notes_of_a_png_are_passed_over(note: bytes) -> None:
    assert kept(drawn(8, 2, bytes(RED) * 8, note)).getpixel((0, 0)) == RED


def exif(tag: int = 0x0112, kind: int = 3, value: int = 6) -> bytes:
    entry = struct.pack(">HHIHH", tag, kind, 1, value, 0)
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of broken notes; a running product does not make errors of that
@pytest.mark.parametrize(
    ("note", "size"),
    [
        (exif(), (10, 30)),
        (exif(value=9), (30, 10)),
        (exif(kind=2), (30, 10)),
        (exif(kind=99), (30, 10)),
        (exif()[:20], (30, 10)),
        (exif(tag=0x8769, kind=4, value=65535), (30, 10)),
        (b"Exif\0\0nothing of the kind", (30, 10)),
        (b"Exif\0\0", (30, 10)),
    ],
)
def test_broken_notes_of_a_jpeg_are_passed_over(note: bytes, size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", (30, 10), RED), "JPEG")
    assert kept(data[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note + data[2:]).size == size


@pytest.mark.filterwarnings("ignore")
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=20))
def test_no_broken_note_is_a_refusal(changes: list[tuple[int, int]]) -> None:
    note = bytearray(exif())
    for place, value in changes:
        note[6 + place % (len(note) - 6)] = value
    data = encoded(Image.new("RGB", (30, 10), RED), "JPEG")
    kept(data[:2] + b"\xff\xe1" + struct.pack(">H", len(note) + 2) + bytes(note) + data[2:])


def test_of_a_photograph_with_two_views_the_first_is_kept_even_where_the_second_is_missing() -> None:
    views = [Image.new("RGB", (30, 10), colour) for colour in (RED, (0, 0, 255))]
    data = encoded(views[0], "MPO", save_all=True, append_images=views[1:])
    for file in (data, data[: data.index(b"\xff\xd9") + 2]):
        pixel = kept(file).getpixel((5, 5))
        assert isinstance(pixel, tuple)
        assert pixel[0] > 150 > 80 > pixel[2]


NOISE = Image.effect_noise((60, 60), 90)


@pytest.mark.parametrize(
    ("data", "reason", "next_step"),
    [
        (b"", "This file is empty.", ANEW),
        *(
            (
                encoded(Image.new("RGB", (8, 8), RED), kind.upper(), **options),
                f"By its content this file is {kind}, which cannot be taken as a logo.",
                AS_PNG,
            )
            for kind, options in (
                ("GIF", {}),
                ("GIF", {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]}),
                ("WebP", {}),
                ("WebP", {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]}),
                ("BMP", {}),
                ("TIFF", {}),
                ("ICO", {}),
            )
        ),
        *(
            (data, f"By its content this file is {kind}, which cannot be taken as a logo.", AS_PNG)
            for kind, data in (
                ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
                ("SVG", b"\xef\xbb\xbf<?xml version='1.0'?><!-- drawn -->\n<svg><animate/></svg>"),
                ("PDF", b"%PDF-1.7"),
                ("AVIF", b"\0\0\0\x1cftypavif"),
                ("HEIC", b"\0\0\0\x1cftypheic"),
            )
        ),
        (b" ", "This file is neither a PNG nor a JPEG picture.", AS_PNG),
        (b"PK\3\4", "This file is neither a PNG nor a JPEG picture.", AS_PNG),
        (b"\x89PNG\r\n\x1a\n", "This PNG picture is damaged or cut off.", ANEW),
        (b"\xff\xd8\xff", "This JPEG picture is damaged or cut off.", ANEW),
        (encoded(NOISE, "PNG")[:2000], "This PNG picture is damaged or cut off.", ANEW),
        (encoded(NOISE, "JPEG")[:400], "This JPEG picture is damaged or cut off.", ANEW),
        (drawn(8, 2, b"", size=(0, 0)), "This PNG picture is damaged or cut off.", ANEW),
        (drawn(8, 2, bytes(3)), "This PNG picture is damaged or cut off.", ANEW),
        (drawn(8, 2, bytes(24), chunk(b"tRNS", b"\0")), "This PNG picture is damaged or cut off.", ANEW),
        (
            encoded(Image.new("RGBA", (50, 50), (*RED, 9)), "PNG"),
            "This picture is transparent all over: nothing of it can be seen.",
            "Export the logo anew with its drawing visible and upload that file.",
        ),
        (
            encoded(Image.new("RGB", (7, 50)), "PNG"),
            "This picture is 7 × 50 pixels: within 502 × 81 it is too thin to be seen.",
            "Choose a picture of another shape: at least 8 pixels wide and high when it fits.",
        ),
        (
            bytes(logo.MOST_BYTES + 1),
            "This file is larger than 5 MB.",
            "Choose a PNG or JPEG file of at most 502 × 81 pixels.",
        ),
        (
            encoded(NOISE, "JPEG", progressive=True) + b"\xff\xda" * logo.MOST_SCANS,
            "This JPEG picture is put together from too many layers to be read.",
            AS_PNG,
        ),
    ],
)
def test_what_is_no_logo_is_refused_with_a_sentence_and_a_next_step(data: bytes, reason: str, next_step: str) -> None:
    assert refusal_text(refused(data)) == (reason, next_step)


@given(st.integers(8, 10_000), st.sampled_from(["PNG", "JPEG"]))
def test_a_file_that_was_cut_off_is_read_or_called_damaged(length: int, kind: str) -> None:
    read = logo.read(encoded(NOISE, kind)[:length])
    assert isinstance(read, Upload) or read.reason == "logo_damaged"


SOURCES = [encoded(NOISE.convert(mode), "JPEG", progressive=True) for mode in ("L", "RGB", "CMYK")]
kinds = st.sampled_from([b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf", b"acTL", b"abcd"])
heads = st.builds(
    lambda *parts: struct.pack(">IIBBBBB", *parts),
    st.integers(0, 100),
    st.integers(0, 100),
    st.sampled_from([0, 1, 2, 4, 8, 16, 255]),
    st.integers(0, 7),
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 2),
)


@pytest.mark.filterwarnings("ignore")
@given(st.sampled_from(SOURCES), st.lists(st.tuples(st.integers(2, 3_000), st.integers(0, 255)), max_size=9))
def test_a_spoilt_jpeg_is_read_or_refused(data: bytes, changes: list[tuple[int, int]]) -> None:
    spoilt = bytearray(data)
    for place, value in changes:
        spoilt[min(place, len(spoilt) - 1)] = value
    read = logo.read(bytes(spoilt))
    assert isinstance(read, Upload) or refusal_text(read)[1]


@given(heads, st.lists(st.tuples(kinds, st.one_of(st.binary(max_size=40), st.binary(max_size=900).map(zlib.compress)))))
def test_a_png_of_odd_parts_is_read_or_refused(head: bytes, parts: list[tuple[bytes, bytes]]) -> None:
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(kind, part) for kind, part in parts)
    read = logo.read(data)
    assert isinstance(read, Upload) or refusal_text(read)[1]


@pytest.mark.parametrize("data", [encoded(NOISE, "PNG")[:8] + encoded(NOISE, "PNG")[33:], drawn(8, 3, bytes(8))])
def test_a_png_without_its_head_or_its_colours_is_no_error(data: bytes) -> None:
    read = logo.read(data)
    assert isinstance(read, Upload) or read.reason == "logo_damaged"


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (6_000, 5_000), (4_001, 2_000), (2**31 - 1, 1)])
def test_a_small_file_that_would_unpack_to_something_huge_is_refused(width: int, height: int) -> None:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")
    assert refusal_text(refused(bomb)) == (
        f"This picture is {width} × {height} pixels: more than the 8 million that can be read.",
        "Choose a PNG or JPEG file of at most 502 × 81 pixels.",
    )


def test_eight_million_pixels_are_read() -> None:
    assert kept(encoded(Image.new("1", (4_000, 2_000), 1), "PNG")).size == (162, 81)
    assert kept(encoded(Image.new("L", (4_000, 2_000), 1), "JPEG")).size == (162, 81)


@pytest.mark.parametrize(
    ("size", "scaled"),
    [
        ((502, 81), (502, 81)),
        ((8, 8), (8, 8)),
        ((503, 81), (502, 80)),
        ((502, 82), (495, 81)),
        ((1004, 162), (502, 81)),
        ((300, 300), (81, 81)),
        ((2000, 100), (502, 25)),
    ],
)
def test_scaling_keeps_the_proportions(size: tuple[int, int], scaled: tuple[int, int]) -> None:
    read = logo.read(encoded(Image.new("RGBA", size, (*RED, 200)), "PNG"))
    assert isinstance(read, Upload)
    assert ((read.width, read.height), (read.logo.width, read.logo.height)) == (size, scaled)
    assert Image.open(io.BytesIO(read.logo.png)).getpixel((0, 0)) == (*RED, 200)


def test_a_lying_photograph_is_turned_before_it_is_measured() -> None:
    turned = Image.Exif()
    turned[0x0112] = 8
    picture = Image.new("RGB", (400, 2000), RED)
    picture.paste((0, 0, 255), (0, 0, 400, 1000))
    read = logo.read(encoded(picture, "JPEG", exif=turned))
    assert isinstance(read, Upload)
    assert ((read.width, read.height), (read.logo.width, read.logo.height)) == ((2000, 400), (405, 81))
    left = Image.open(io.BytesIO(read.logo.png)).getpixel((20, 40))
    assert isinstance(left, tuple)
    assert left[2] > 200 > 50 > left[0]
