"""What stands in deploy/ and is carried out on somebody else's machine only: what it names must be there."""

import re
from pathlib import Path

from tenantry.config import env

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def test_every_setting_that_is_named_there_exists() -> None:
    named = {
        name.removesuffix("_FILE")
        for path in DEPLOY.rglob("*")
        if path.is_file() and "secrets" not in path.parts and path.name != "settings.env"
        for name in re.findall(r"(?:TENANTRY_[A-Z_]+|DATABASE_URL)", path.read_text(encoding="utf-8"))
    }
    of_the_proxy = {"TENANTRY_UPSTREAM"}
    assert named - of_the_proxy - set(env.known) == set()


def test_the_image_is_made_of_what_is_there_and_let_through() -> None:
    wanted = re.findall(r"(?m)^COPY (?!--from)(\S+) ", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert wanted
    assert [name for name in wanted if not (ROOT / name).exists() or f"!{name}" not in ignored] == []


def test_the_secrets_of_the_compose_file_are_declared_and_explained() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    used = {name.strip() for names in re.findall(r"(?m)^ +secrets: \[(.+)\]$", text) for name in names.split(",")}
    pointed = set(re.findall(r"/run/secrets/(\w+)", text)) | set(
        re.findall(r"/run/secrets/(\w+)", (DEPLOY / "database.sh").read_text(encoding="utf-8"))
    )
    declared = set(re.findall(r"(?m)^  (\w+): \{ file: secrets/\1 \}$", text))
    guide = (ROOT / "docs" / "start" / "install.md").read_text(encoding="utf-8")
    assert used == pointed == declared
    assert [name for name in sorted(declared - {"owner_password", "web_password"}) if name not in guide] == []
    assert "for role in owner web; do" in guide
