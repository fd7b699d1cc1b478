"""Settings from the environment: read once, loudly, also from files."""

from datetime import date
from pathlib import Path

import pytest

from tenantry.config import env, mail


def test_a_file_counts_before_the_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("TENANTRY_SECRET_KEY", "from the environment")
    monkeypatch.setenv("TENANTRY_SECRET_KEY_FILE", str(tmp_path / "secret"))
    assert env.text("TENANTRY_SECRET_KEY") == "from the file"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_SECRET_KEY_FILE", "/nowhere/secret")
    with pytest.raises(env.SettingError, match=r"TENANTRY_SECRET_KEY_FILE points to /nowhere/secret"):
        env.text("TENANTRY_SECRET_KEY")


@pytest.mark.parametrize(("written", "meant"), [("", None), ("2027-06-30", date(2027, 6, 30))])
def test_a_day(monkeypatch: pytest.MonkeyPatch, written: str, meant: date | None) -> None:
    monkeypatch.setenv("TENANTRY_SIGN_IN_SECRET_ENDS", written)
    assert env.day("TENANTRY_SIGN_IN_SECRET_ENDS") == meant


@pytest.mark.parametrize("written", ["30.06.2027", "2027-02-30", "soon", "20270630", "2027-W26-3", "٢٠٢٧-٠٦-٣٠"])
def test_no_day(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("TENANTRY_SIGN_IN_SECRET_ENDS", written)
    with pytest.raises(env.SettingError, match="write a day such as 2027-06-30"):
        env.day("TENANTRY_SIGN_IN_SECRET_ENDS")


def test_misspelt_names_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_SECRET_KEI", "x")
    monkeypatch.setenv("TENANTRY_EMAIL_URL_FILE", "/etc/tenantry/email")
    assert env.unknown() == ["TENANTRY_SECRET_KEI"]


@pytest.mark.parametrize(("written", "meant"), [("1", True), ("Yes", True), ("off", False), ("FALSE", False)])
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, written: str, meant: bool) -> None:
    monkeypatch.setenv("TENANTRY_DEBUG", written)
    assert env.flag("TENANTRY_DEBUG", not meant) is meant


@pytest.mark.parametrize("written", ["maybe", "2"])
def test_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("TENANTRY_DEBUG", written)
    with pytest.raises(env.SettingError, match="write true or false"):
        env.flag("TENANTRY_DEBUG", False)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("many", "write a whole number without points or commas, such as 8"),
        ("1_0", "write a whole number"),
        ("٨", "write a whole number"),
        ("+8", "write a whole number"),
        ("8.0", "write a whole number"),
        ("0", "the least is 1"),
        ("65536", "the most is 65535"),
    ],
)
def test_no_usable_number(monkeypatch: pytest.MonkeyPatch, written: str, words: str) -> None:
    monkeypatch.setenv("TENANTRY_WEB_THREADS", written)
    with pytest.raises(env.SettingError, match=words):
        env.number("TENANTRY_WEB_THREADS", 8, least=1, most=65535)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("portal.example.org", "write an address such as"),
        ("https://portal.example.org/csp", "write only scheme and host"),
        ("https://[portal", "cannot be taken apart"),
        ("https://portal.example.org:https", "cannot be taken apart"),
        ("https://weißbrot.example", "write its host in ASCII, as browsers send it: xn--weibrot-2va.example"),
    ],
)
def test_no_address_of_an_installation(monkeypatch: pytest.MonkeyPatch, written: str, words: str) -> None:
    monkeypatch.setenv("TENANTRY_PUBLIC_URL", written)
    with pytest.raises(env.SettingError, match=words):
        env.url("TENANTRY_PUBLIC_URL", host_only=True)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("portal@example.org", "portal@example.org"),
        ("portal@weißbrot.example", "portal@xn--weibrot-2va.example"),
        ("tenantry@localhost", "tenantry@localhost"),
    ],
)
def test_a_sender_of_mail(monkeypatch: pytest.MonkeyPatch, written: str, kept: str) -> None:
    monkeypatch.setenv("TENANTRY_EMAIL_FROM", written)
    assert env.address("TENANTRY_EMAIL_FROM", "tenantry@localhost") == kept


@pytest.mark.parametrize("written", ["portal", "Kestrel <portal@example.org>", "pörtal@example.org"])
def test_no_sender_of_mail(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("TENANTRY_EMAIL_FROM", written)
    with pytest.raises(env.SettingError, match="write a mail address alone"):
        env.address("TENANTRY_EMAIL_FROM", "tenantry@localhost")


def test_no_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_TIME_ZONE", "Mars/Base")
    with pytest.raises(env.SettingError, match="write a time zone such as"):
        env.time_zone("TENANTRY_TIME_ZONE", "UTC")


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://mail.example.org:25", mail.MailServer("mail.example.org", 25)),
        ("smtp://u:p%40ss@mail.example.org", mail.MailServer("mail.example.org", 587, "u", "p@ss", start_tls=True)),
        ("smtp://u:p@mail.example.org:25", mail.MailServer("mail.example.org", 25, "u", "p", start_tls=True)),
        ("smtps://mail.example.org", mail.MailServer("mail.example.org", 465, tls=True)),
    ],
)
def test_mail_servers(address: str, server: mail.MailServer) -> None:
    assert mail.read(address) == ("django.core.mail.backends.smtp.EmailBackend", server)


def test_no_mail_server() -> None:
    assert mail.read("") == ("django.core.mail.backends.dummy.EmailBackend", mail.MailServer())


def test_another_scheme_is_refused() -> None:
    with pytest.raises(env.SettingError, match="smtp://user:password@host:587"):
        mail.read("imap://mail.example.org")
