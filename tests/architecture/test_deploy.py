"""What stands in deploy/ and is carried out on somebody else's machine only: what it names must be there."""

import re
import subprocess
from pathlib import Path

from tenantry.branding.logo import MOST_BYTES
from tenantry.config import env

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OF_THE_DATABASE = {"superuser_password", "owner_password", "web_password"}


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


def test_the_command_line_reads_its_files_as_systemd_does(tmp_path: Path) -> None:
    (tmp_path / "settings.env").write_text(
        "# A remark, with = in it\nTENANTRY_EMAIL_FROM=Portal <portal@example.org>\n"
    )
    (tmp_path / "worker.env").write_text(
        "DATABASE_URL=postgresql://t:a$b@h/tenantry?sslmode=verify-full&sslrootcert=/etc/ca.pem\n"
        "TENANTRY_SECRET_KEY='in quotes'\n\nTENANTRY_TIME_ZONE=UTC"  # the last line does not end
    )
    script = (DEPLOY / "tenantry").read_text(encoding="utf-8").replace("/etc/tenantry", str(tmp_path))
    shown = script.replace("/opt/tenantry/.venv/bin/python -m tenantry.config.cli", "env #")
    told = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=True).stdout.splitlines()
    assert {
        "TENANTRY_EMAIL_FROM=Portal <portal@example.org>",
        "DATABASE_URL=postgresql://t:a$b@h/tenantry?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "TENANTRY_SECRET_KEY=in quotes",
        "TENANTRY_TIME_ZONE=UTC",
    } <= set(told)
    (tmp_path / "worker.env").unlink()
    missing = subprocess.run(["sh", "-c", shown], capture_output=True, text=True, check=False)
    assert (missing.returncode != 0, missing.stdout) == (True, "")


def test_the_secrets_of_the_compose_file_are_declared_and_explained() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    used = {name.strip() for names in re.findall(r"(?m)^ +secrets: \[(.+)\]$", text) for name in names.split(",")}
    pointed = set(re.findall(r"/run/secrets/(\w+)", text)) | set(
        re.findall(r"/run/secrets/(\w+)", (DEPLOY / "database.sh").read_text(encoding="utf-8"))
    )
    declared = set(re.findall(r"(?m)^  (\w+): \{ file: secrets/\1 \}$", text))
    guide = (ROOT / "docs" / "start" / "install.md").read_text(encoding="utf-8")
    assert used == pointed == declared
    assert [name for name in sorted(declared - OF_THE_DATABASE) if name not in guide] == []
    assert "for role in superuser owner web; do" in guide


def test_nobody_but_the_database_has_the_superusers_password() -> None:
    services = re.split(
        r"(?m)^  (\w+):$", (DEPLOY / "compose.yaml").read_text(encoding="utf-8").partition("\nvolumes:")[0]
    )
    holders = {name for name, text in zip(services[1::2], services[2::2], strict=True) if "superuser_password" in text}
    assert holders == {"database"}
    assert "POSTGRES_PASSWORD_FILE: /run/secrets/superuser_password" in services[services.index("database") + 1]


def test_the_proxies_let_both_logos_through_and_little_more() -> None:
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    (told,) = re.findall(r"header_regexp Content-Length (\S+)", caddy)
    lengths = (
        0,
        2 * MOST_BYTES + 1_000_000,
        11_999_999,
        12_000_000,
        19_999_999,
        20_000_000,
        100_000_000,
        9_999_999_999,
    )
    refused = [length for length in lengths if re.fullmatch(told, str(length))]
    assert refused == [12_000_000, 19_999_999, 20_000_000, 100_000_000, 9_999_999_999]
    assert set(re.findall(r"(?:max_size|request_buffers|max_buffer_size) (\w+)", caddy)) == {"12MB", "12000000"}
    assert "client_max_body_size 12m;" in (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")


def test_the_drill_carries_out_every_command_that_is_marked_for_it() -> None:
    marked = [
        name
        for page in ("start/install.md", "guides/upkeep.md")
        for name in re.findall(r"(?m)^```sh drill=(\S+)$", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    ]
    drill = (DEPLOY / "drill").read_text(encoding="utf-8")
    walked = set(re.findall(r'pages\.run\("(\w+)"\)', drill)) | {"nginx", "caddy"}
    assert sorted(marked) == sorted(walked)
    assert "deploy/drill" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
