"""The form pack: what is hostile is escaped, errors lead somewhere, and nothing typed is lost."""

from contextlib import suppress
from datetime import date
from html.parser import HTMLParser

import pytest
from django import forms
from django.template import engines
from django.template.backends.jinja2 import Jinja2
from hypothesis import given
from hypothesis import strategies as st

from accounts.choices import Choice
from referrals.fields import DatePartsField

HOSTILE = """"><script>alert('x')</script>&amp;{{ 7 * 7 }}"""
CHOICES = [("one", "One"), ("two", Choice("Two", hint="More than one"))]
GROUPS = [("First", CHOICES[:1]), ("Second", CHOICES[1:])]
HOSTILE_CHOICES = [(HOSTILE, Choice(HOSTILE, hint=HOSTILE)), ("other", "Other")]

# Each way to ask, and how to build it with given choices (ignored by those that have none).
FIELDS = {
    "text": lambda choices, **kw: forms.CharField(**kw),
    "email": lambda choices, **kw: forms.EmailField(**kw),
    "number": lambda choices, **kw: forms.IntegerField(**kw),
    "password": lambda choices, **kw: forms.CharField(widget=forms.PasswordInput, **kw),
    "textarea": lambda choices, **kw: forms.CharField(widget=forms.Textarea, **kw),
    "counted": lambda choices, **kw: forms.CharField(
        max_length=90, widget=forms.Textarea({"data-character-count": True}), **kw
    ),
    "select": lambda choices, **kw: forms.ChoiceField(choices=choices, **kw),
    "radios": lambda choices, **kw: forms.ChoiceField(
        choices=choices, widget=forms.RadioSelect, **kw
    ),
    "checkboxes": lambda choices, **kw: forms.MultipleChoiceField(
        choices=choices, widget=forms.CheckboxSelectMultiple, **kw
    ),
    "checkbox": lambda choices, **kw: forms.BooleanField(**kw),
    "date": lambda choices, **kw: DatePartsField(**kw),
}
every_field = pytest.mark.parametrize("kind", FIELDS)


class Page(HTMLParser):
    """The elements and the text of some HTML."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def values(self, attribute):
        return [attrs[attribute] for _, attrs in self.elements if attribute in attrs]


def form_with(field, data=None, **attributes):
    form_class = type("QuestionForm", (forms.Form,), {"answer": field, **attributes})
    return form_class(data)


def render(form):
    backend = next(engine for engine in engines.all() if isinstance(engine, Jinja2))
    return Page(
        backend.from_string("{{ error_summary(form) }}{{ crispy(form) }}").render({"form": form})
    )


def foreign_scripts(page):
    """Return the scripts that are no file of ours."""
    return [
        attrs for attrs in page.all("script") if not attrs.get("src", "").startswith("/static/")
    ]


@every_field
def test_hostile_words_are_shown_as_words(kind):
    field = FIELDS[kind](HOSTILE_CHOICES, label=HOSTILE, help_text=HOSTILE)
    page = render(form_with(field))
    assert not foreign_scripts(page)
    assert HOSTILE in page.texts


@pytest.mark.parametrize("kind", ["text", "email", "number", "textarea", "counted"])
def test_a_hostile_value_comes_back_as_it_was_typed(kind):
    page = render(form_with(FIELDS[kind](CHOICES), {"answer": HOSTILE}))
    assert not foreign_scripts(page)
    assert HOSTILE in page.texts + page.values("value")


@pytest.mark.parametrize("kind", ["select", "radios", "checkboxes"])
def test_a_hostile_choice_can_be_chosen(kind):
    page = render(form_with(FIELDS[kind](HOSTILE_CHOICES), {"answer": [HOSTILE]}))
    chosen = [attrs for _, attrs in page.elements if {"checked", "selected"} & attrs.keys()]
    assert [attrs["value"] for attrs in chosen] == [HOSTILE]
    assert not foreign_scripts(page)


def test_a_password_is_never_given_back():
    page = render(form_with(FIELDS["password"](CHOICES), {"answer": "correct horse"}))
    assert "correct horse" not in page.values("value")


@every_field
def test_an_error_links_to_an_input(kind):
    page = render(form_with(FIELDS[kind](CHOICES), {}))
    (link,) = page.all("a")
    targets = [attrs for tag, attrs in page.elements if tag in ("input", "select", "textarea")]
    assert link["href"] == f"#{targets[0]['id']}"


@every_field
def test_every_reference_has_its_element(kind):
    page = render(form_with(FIELDS[kind](CHOICES, help_text="Why we ask"), {}))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    described_by = set(" ".join(page.values("aria-describedby")).split())
    assert described_by | set(page.values("for")) <= set(ids)
    assert any(name.endswith("-error") for name in described_by)


@every_field
def test_a_question_can_be_the_heading_of_its_page(kind):
    headed = render(form_with(FIELDS[kind](CHOICES), page_heading=True))
    plain = render(form_with(FIELDS[kind](CHOICES)))
    # One checkbox is a statement to agree to, not a question.
    assert len(headed.all("h1")) == (0 if kind == "checkbox" else 1)
    assert not plain.all("h1")


@pytest.mark.parametrize("kind", ["radios", "checkboxes"])
def test_grouped_choices_stand_under_their_headings(kind):
    page = render(form_with(FIELDS[kind](GROUPS), {"answer": ["two"]}))
    words = ["First", "One", "Second", "Two"]
    assert [text for text in page.texts if text in words] == words
    assert [attrs["value"] for attrs in page.all("input") if "checked" in attrs] == ["two"]


def test_a_hidden_field_is_carried_without_a_label():
    page = render(form_with(forms.CharField(widget=forms.HiddenInput, initial=HOSTILE)))
    assert page.values("value") == [HOSTILE]
    assert not page.all("label")


typed_date = {"answer_day": "31", "answer_month": "febuary", "answer_year": "15"}


def test_a_wrong_date_comes_back_as_it_was_typed():
    page = render(form_with(DatePartsField(), typed_date))
    assert page.values("value") == list(typed_date.values())


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        (("", "", ""), "#id_answer_day"),
        (("31", "", "2015"), "#id_answer_month"),
        (("31", "3", "15"), "#id_answer_year"),
        (("31", "2", "2015"), "#id_answer_day"),
        (("9" * 30, "2", "2015"), "#id_answer_day"),
    ],
)
def test_a_date_error_links_to_the_part_that_is_wrong(typed, link):
    page = render(form_with(DatePartsField(), dict(zip(typed_date, typed, strict=True))))
    assert page.values("href") == [link]


@pytest.mark.parametrize("month", ["3", "03", "Mar", "march"])
def test_a_date_is_read(month):
    typed = {"answer_day": "7", "answer_month": month, "answer_year": "2015"}
    form = form_with(DatePartsField(), typed)
    assert form.is_valid()
    assert form.cleaned_data["answer"] == date(2015, 3, 7)


def test_a_date_that_may_be_missing_is_none():
    form = form_with(DatePartsField(required=False), {})
    assert form.is_valid()
    assert form.cleaned_data["answer"] is None


def test_a_saved_date_is_shown_in_its_parts():
    form_class = type("DateForm", (forms.Form,), {"answer": DatePartsField()})
    page = render(form_class(initial={"answer": date(2015, 3, 7)}))
    assert page.values("value") == ["7", "3", "2015"]


@given(st.tuples(st.text(), st.text(), st.text()))
def test_nothing_typed_breaks_a_date(parts):
    with suppress(forms.ValidationError):
        assert isinstance(DatePartsField(required=False).clean(list(parts)), date | None)
