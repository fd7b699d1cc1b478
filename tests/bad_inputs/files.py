"""Files that are uploaded as a logo, and whether one can be made of them."""

import io
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from PIL import Image


@dataclass(frozen=True, slots=True)
class File:
    """A file; ``good`` says that a logo can be made of it."""

    data: bytes
    good: bool = False


@cache
def _picture(kind: str, width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (10, 90, 110)).save(file, kind)
    return file.getvalue()


def _cut(kind: str, share: int) -> bytes:
    whole = _picture(kind, 60, 40)
    return whole[: len(whole) * share // 100]


ODD_FILES: SearchStrategy[File] = st.one_of(
    st.binary(max_size=200).map(File),
    st.builds(lambda kind, share: File(_cut(kind, share)), st.sampled_from(("PNG", "JPEG")), st.integers(0, 80)),
    st.builds(lambda kind, tail: File(_picture(kind, 60, 40)[:8] + tail), st.just("PNG"), st.binary(max_size=60)),
    st.sampled_from(("GIF", "BMP", "TIFF", "WEBP")).map(lambda kind: File(_picture(kind, 60, 40))),
    st.sampled_from((b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n")).map(File),
    st.builds(lambda width: File(_picture("PNG", width, 1)), st.integers(1, 7)),
    st.builds(
        lambda kind, width, height: File(_picture(kind, width, height), good=True),
        st.sampled_from(("PNG", "JPEG")),
        st.integers(8, 120),
        st.integers(8, 80),
    ),
)
