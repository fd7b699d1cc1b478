"""The components as a template writes them."""

import re
from collections.abc import Mapping

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.html import escape

from tenantry.web.numbers import WholeNumberField
from tenantry.web.ui.components import data, marks
from tenantry.web.ui.gallery import samples


def render(source: str, values: Mapping[str, object] | None = None, address: str = "/here") -> str:
    request = RequestFactory().get(address)
    context = {"request": request, "now": samples.NOW} | dict(values or {})
    return Template("{% load ui %}" + source).render(Context(context))


def bare(markup: str) -> str:
    """Leave the words only."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).strip()


class Wish(forms.Form):
    seats = WholeNumberField(min_value=1, max_value=300, help_text="You have 12.")
    outcome = forms.ChoiceField(widget=forms.RadioSelect, choices=[("renew", "Renew"), ("end", "<End>")])
    sure = forms.BooleanField(label="I have read this", required=False)


def test_a_button_submits_and_takes_attributes() -> None:
    assert render('{% button "Add 3 seats" "primary" hx_post="/x" disabled=True data_x=None %}') == (
        '<button class="button button-primary" hx-post="/x" type="submit" disabled><span>Add 3 seats</span></button>'
    )


def test_a_button_of_an_icon_alone_keeps_its_words() -> None:
    markup = render('{% button "Refresh" icon="refresh-cw" only_icon=True type="button" %}')
    assert bare(markup) == "Refresh"
    assert 'class="visually-hidden"' in markup
    assert 'type="button"' in markup
    assert 'aria-hidden="true"' in markup


def test_names_from_outside_are_escaped() -> None:
    hostile = '<script>"&'
    values = {"x": hostile, "rows": [1]}
    for source in (
        "{% button x %}",
        "{% link_button x x %}",
        "{% badge x %}",
        "{% tag x %}",
        "{% initials_tile x %}",
        "{% figure x x x x %}",
        "{% copy_field x x %}",
        "{% menu x %}{{ x }}{% endmenu %}",
        '{% dialog "d" x %}{{ x }}{% enddialog %}',
        "{% disclosure x %}{{ x }}{% enddisclosure %}",
        "{% banner title=x %}{{ x }}{% endbanner %}",
        "{% empty x %}{{ x }}{% endempty %}",
        "{% fact x %}{{ x }}{% endfact %}",
        "{% unknown x %}",
        '{% sort_header "a" x %}',
    ):
        markup = render(source, values)
        assert "<script" not in markup, source
        assert markup, source


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Microsoft 365 Business Premium", "M3"),
        ("Exchange Online (Plan 1)", "EO"),
        ("defender", "D"),
        ("(Teams) Phone", "TP"),
        ("شركة النور", "شا"),
        ("  ", "?"),
        ("***", "*"),
    ],
)
def test_initials_come_from_the_first_two_words(name: str, letters: str) -> None:
    assert marks.initials(name) == letters


def test_a_tile_looks_the_same_for_the_same_name() -> None:
    assert marks.initials_tile("Visio Plan 2") == marks.initials_tile(" visio plan 2 ").replace(">V2<", ">VP<")


def test_a_field_ties_its_hint_and_error_to_the_control() -> None:
    form = Wish({"seats": "0", "outcome": "renew"})
    assert not form.is_valid()
    markup = render("{% stepper form.seats %}", {"form": form})
    assert 'aria-describedby="id_seats_hint id_seats_error"' in markup
    assert 'aria-invalid="true"' in markup
    assert '<p class="hint" id="id_seats_hint">You have 12.</p>' in markup
    assert 'id="id_seats_error"' in markup
    assert 'type="text"' in markup
    assert 'inputmode="numeric" autocomplete="off" data-least="1" data-most="300"' in markup
    assert re.findall(r'data-step="(-?1)"', markup) == ["-1", "1"]
    assert markup.count("js-only") == 2


def test_only_what_can_stay_empty_is_called_optional() -> None:
    class Looks(forms.Form):
        theme = forms.ChoiceField(choices=[("", "As this device"), ("dark", "Dark")], required=False)
        pages = forms.ChoiceField(choices=theme.choices, required=False, widget=forms.RadioSelect)
        extras = forms.MultipleChoiceField(choices=[("a", "A")], required=False, widget=forms.CheckboxSelectMultiple)
        name = forms.CharField(required=False)

    form = Looks()
    for source in ("{% field form.theme %}", "{% choices form.pages %}"):
        assert "optional" not in render(source, {"form": form})
    for source in ("{% choices form.extras %}", "{% field form.name %}"):
        assert "optional" in render(source, {"form": form})


def test_a_check_box_stands_before_its_label() -> None:
    markup = render("{% field form.sure %}", {"form": Wish()})
    assert markup.index("<input") < markup.index("<label")


def test_choices_are_cards_with_a_sentence_each() -> None:
    form = Wish(initial={"outcome": "end"})
    markup = render("{% choices form.outcome notes=notes %}", {"form": form, "notes": {"end": "Access <stops>."}})
    assert re.findall(r'<input[^>]*type="radio"[^>]*>', markup) == [
        '<input class="choice-input" type="radio" name="outcome" value="renew" id="id_outcome_0" required>',
        '<input class="choice-input" type="radio" name="outcome" value="end" id="id_outcome_1"'
        ' aria-describedby="id_outcome_1_note" checked required>',
    ]
    assert '<span class="choice-note" id="id_outcome_1_note">Access &lt;stops&gt;.</span>' in markup
    assert "&lt;End&gt;" in markup


@pytest.mark.parametrize(
    ("address", "state", "link"),
    [
        ("/", "none", "?sort=name"),
        ("/?sort=name&q=x&page=3", "ascending", "?sort=-name&q=x"),
        ("/?sort=-name", "descending", "?sort=name"),
        ("/?sort=seats&q=a&q=b", "none", "?q=a&q=b&sort=name"),
    ],
)
def test_a_column_sorts_by_link_and_keeps_the_filters(address: str, state: str, link: str) -> None:
    markup = render('{% sort_header "name" "Company" %}', address=address)
    assert f'aria-sort="{state}"' in markup
    found = re.search(r'href="([^"]*)"', markup)
    assert found is not None
    assert set(found.group(1).lstrip("?").split("&amp;")) == set(link.lstrip("?").split("&"))


def test_the_default_column_shows_that_it_sorts() -> None:
    assert 'aria-sort="ascending"' in render('{% sort_header "name" "Company" default=True %}')


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (9, "9 of 12 · 3 free"),
        (12, "12 of 12 · 0 free"),
        (14, "14 assigned, 2 more than are active"),
        (None, "Assigned seats are not known"),
    ],
)
def test_a_meter_says_its_figures(used: int | None, words: str) -> None:
    assert words in bare(data.meter(used, 12, "Seats"))


def test_a_large_figure_is_grouped() -> None:
    assert '<span class="figure-number">1,463</span>' in data.figure(1463, "licences")
    assert '<span class="figure-number">2027</span>' in data.figure("2027", "year")


def test_pagination_keeps_the_question_and_names_its_place() -> None:
    page = Paginator(range(1, 1001), 50).get_page(7)
    markup = render('{% pagination page "companies" %}', {"page": page}, "/?q=x&page=7")
    assert bare(markup).startswith("301–350 of 1000 companies")
    assert 'href="?q=x&amp;page=6" rel="prev"' in markup
    assert 'href="?q=x&amp;page=8" rel="next"' in markup
    assert re.findall(r'aria-current="page"[^>]*>\s*<span[^>]*>Page </span>(\d+)', markup) == ["7"]
    assert 'href="?q=x"' in markup  # the first page has no number
    assert render("{% pagination page %}", {"page": Paginator([1], 50).get_page(1)}).strip() == ""


def test_two_menus_of_one_page_have_ids_of_their_own() -> None:
    markup = render('{% menu "A" %}{% endmenu %}{% menu "B" %}{% endmenu %}')
    ids = re.findall(r' id="([^"]+)"', markup)
    assert len(set(ids)) == 2
    assert re.findall(r'popovertarget="([^"]+)"', markup) == ids


def test_a_term_is_explained_one_click_away() -> None:
    markup = render('{% explain "nce" "(NCE)" %}')
    assert bare(markup).startswith("(NCE) NCE New Commerce Experience:")
    with pytest.raises(KeyError):
        render('{% explain "unheard" %}')


def test_progress_says_each_state_in_words() -> None:
    words = bare(render("{% steps steps now %}", {"steps": samples.progress()["Under way"]}))
    assert words == (
        "Saved : done Sun 22 Nov, 09:29 UTC Sent to Microsoft : under way Sun 22 Nov, 09:29 UTC "
        "Confirmed by Microsoft : still to come"
    )


def test_the_drawings_carry_their_facts() -> None:
    line = samples.lines()["year"]
    markup = render('{% term_line line "Term of Visio" %}', {"line": line})
    assert line.lens is not None
    for sentence in (*line.facts, *(lane.sentence for lane in line.lens.lanes)):
        assert markup.count(sentence) == 1
    found = re.search(r'aria-describedby="([^"]+)"', markup)
    assert found is not None
    assert f'id="{found.group(1)}"' in markup
    strip = samples.strip()
    markup = render("{% year_strip strip %}", {"strip": strip})
    for layout in strip.layouts:
        for mark in layout.marks:
            title = escape(mark.title)
            assert f'<a href="{mark.url}" aria-label="{title}">' in markup


def test_figures_of_a_drawing_keep_the_point_in_every_language() -> None:
    from django.utils import translation

    with translation.override("de"):
        markup = render("{% term_line line %}", {"line": samples.lines()["year"]})
    assert re.findall(r'(?:x|width|cx|x1|x2)="\d+,\d+%"', markup) == []


def test_a_refusal_offers_what_one_can_do_instead() -> None:
    from tenantry.web.ui.frame import NextStep

    step = NextStep("Set 8 seats for Wed 16 Dec", "/plan", post=True, fields={"seats": "8"})
    markup = render(
        '{% include "ui/refusal.html" with sentence="Not today." reason="Too late." next_step=step %}', {"step": step}
    )
    assert bare(markup) == "Not today. Too late. Set 8 seats for Wed 16 Dec"
    assert '<form method="post" action="/plan">' in markup
    assert '<input type="hidden" name="seats" value="8">' in markup


def test_what_is_wrong_with_a_form_leads_to_the_field() -> None:
    form = Wish({})
    form.is_valid()
    markup = render('{% include "ui/form_errors.html" with form=form %}', {"form": form})
    assert '<a href="#id_seats">Seats</a>: This field is required.' in markup
    assert '<a href="#id_outcome">Outcome</a>: This field is required.' in markup
    assert '<fieldset id="id_outcome"' in render("{% choices form.outcome %}", {"form": form})
    assert render('{% include "ui/form_errors.html" with form=form %}', {"form": Wish()}).strip() == ""
