"""What reading an upload adds to a process, at its highest."""

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.branding.test_logo import chunk, drawn

WIDTH, HEIGHT = 7_000, 1_142  # just below eight million pixels

# It reads a small logo first, so that what is loaded once does not count, then the file in as many threads as asked,
# three times over: each thread may keep some of what it freed.
READER = """
import sys, threading
from pathlib import Path
from tenantry.branding import logo

def megabytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

def upload():
    together.wait()
    read.append(logo.read(Path(large).read_bytes()))

small, large, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
assert isinstance(logo.read(Path(small).read_bytes()), logo.Upload)
before, read, together = megabytes("VmRSS"), [], threading.Barrier(threads)
uploads = [threading.Thread(target=upload) for _ in range(3 * threads)]
for number in range(0, len(uploads), threads):
    for one in uploads[number:number + threads]:
        one.start()
    for one in uploads[number:number + threads]:
        one.join()
assert [type(one) for one in read] == [logo.Upload] * len(uploads), read
print(megabytes("VmHWM") - before, megabytes("VmRSS") - before)
"""


def png(depth: int, kind: int, clear: bytes = b"", noise: int = 0) -> bytes:
    """Write a PNG of the most pixels; ``noise`` rows cannot be packed."""
    length = WIDTH * {0: 1, 6: 4}[kind] * depth // 8
    if not noise:
        return drawn(depth, kind, bytes(range(1, 251)) * (length // 250), chunk(b"tRNS", clear), size=(WIDTH, HEIGHT))
    source = random.Random(1)
    rows = b"".join(b"\0" + (source.randbytes(length) if row < noise else b"\7" * length) for row in range(HEIGHT))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def jpeg(mode: str, **options: object) -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").resize((WIDTH, HEIGHT)).convert(mode).save(written, "JPEG", **options)
    return written.getvalue()


FILES = {
    "sixteen bits of grey, one transparent": lambda: png(16, 0, b"\1\2"),
    "almost five megabytes": lambda: png(8, 6, noise=170),
    "JPEG": lambda: jpeg("RGB"),
    "JPEG in layers": lambda: jpeg("CMYK", progressive=True, subsampling=0),
}


@pytest.mark.parametrize(
    ("what", "at_once", "most"),
    [
        ("sixteen bits of grey, one transparent", 1, 100),
        ("sixteen bits of grey, one transparent", 2, 150),
        ("almost five megabytes", 1, 100),
        ("almost five megabytes", 2, 150),
        ("JPEG", 1, 20),  # never unpacked as a whole
        ("JPEG in layers", 2, 150),
    ],
)
def test_an_upload_adds_little_to_the_process(tmp_path: Path, what: str, at_once: int, most: int) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(drawn(8, 6, bytes([99]) * 32))
    large.write_bytes(FILES[what]())
    command = [sys.executable, "-c", READER, str(small), str(large), str(at_once)]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "src"})
    assert ran.returncode == 0, ran.stderr
    highest, left = map(float, ran.stdout.split())
    assert (highest <= most, left <= 50) == (True, True), ran.stdout
