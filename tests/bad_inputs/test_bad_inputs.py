"""Odd inputs at every door of the product: refused with a sentence, or shown back exactly as they were kept.

`make test` tries 300, `make bench` 3,000 (row "inputs"). BAD_INPUTS_SEED takes other ones.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from inspect import isfunction, signature
from pathlib import Path

from django import forms
from django.http import HttpResponse

from tenantry.config import env
from tenantry.web.backoffice.forms import OfficeForm
from tenantry.web.ui.gallery.samples import SampleForm
from tests.bad_inputs.doors import DOORS
from tests.bad_inputs.pages import read_page
from tests.bad_inputs.parsers import PARSERS, SETTINGS, reading_functions
from tests.bad_inputs.run import SEED, Outcome, try_doors, try_parsers
from tests.isolation.addresses import all_addresses
from tests.isolation.samples import World
from tests.support.sandbox import SandboxHandle

AT_DOORS = 200
AT_PARSERS = 100
# These are asked for only where there are several to choose from.
_OF_SEVERAL = ("language", "default_company")
_WEB = Path(__file__).parents[2] / "src" / "tenantry" / "web"
_READ = re.compile(r"\b(?:GET|POST|FILES|asked|query)(?:\.get|\.getlist)?[(\[]\"(\w[\w-]*)\"")


def test_odd_inputs_are_refused_in_words_or_kept_as_they_are(world: World) -> None:
    outcome = Outcome()
    try_doors(world, AT_DOORS, outcome)
    assert not outcome.findings, f"seed {SEED}:\n" + "\n".join(outcome.findings)
    assert outcome.tried == AT_DOORS


def test_odd_texts_are_read_for_what_they_are_or_refused_in_words(sandbox: SandboxHandle) -> None:
    outcome = Outcome()
    try_parsers(sandbox, AT_PARSERS, outcome)
    assert not outcome.findings, f"seed {SEED}:\n" + "\n".join(outcome.findings)
    assert outcome.tried == AT_PARSERS


# -- nothing is left out --------------------------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    assert set(DOORS) == {address.name for address in all_addresses()}


def test_every_form_has_a_row_with_all_of_its_fields() -> None:
    all_addresses()  # loads every room
    known: dict[type[forms.Form], set[str]] = defaultdict(set)
    for door in DOORS.values():
        if door.form is not None:
            known[door.form.of] |= {*door.form.fields, *door.files, *_OF_SEVERAL}
    left_out = {form.__name__: set(form.base_fields) - known[form] for form in _forms(forms.Form)}
    assert {name: fields for name, fields in left_out.items() if fields} == {}


def test_every_name_that_is_read_from_a_request_has_a_row() -> None:
    known = {name for door in DOORS.values() for name in door.names()}
    read = {name for file in _WEB.rglob("*.py") for name in _READ.findall(file.read_text(encoding="utf-8"))}
    assert read - known == set()


def test_every_parser_has_a_row() -> None:
    known = {name for names in PARSERS for name in names.split()}
    assert set(reading_functions()) - known == set()
    functions = {
        name: thing for name, thing in vars(env).items() if isfunction(thing) and thing.__module__ == env.__name__
    }
    assert set(SETTINGS) == {name for name, thing in functions.items() if "name" in signature(thing).parameters}


def _forms(kind: type[forms.Form]) -> Iterator[type[forms.Form]]:
    for form in kind.__subclasses__():
        if form.__module__.startswith("tenantry.") and form not in {OfficeForm, SampleForm}:
            yield form
        yield from _forms(form)


# -- and the reader of pages reads ----------------------------------------------------------------------------------


def test_a_page_is_read_as_a_person_reads_it() -> None:
    page = read_page(
        HttpResponse(
            '<title>T</title><p class="message">Saved it all now.</p><input name="a" value="&lt;b&gt; &amp;">'
            '<textarea name="t">\nline\n</textarea><input type="radio" name="r" value="1">'
            '<input type="radio" name="r" value="2" checked><select name="s"><option value="x">'
            '<option value="y" selected></select><p id="id_a_error"><svg><path d=""/></svg>Write it anew.</p>'
        )
    )
    assert page.fields == {"a": ["<b> &"], "t": ["line\n"], "r": ["2"], "s": ["y"]}
    assert page.errors == {"a": "Write it anew."}
    assert page.told == ["Saved it all now."]
