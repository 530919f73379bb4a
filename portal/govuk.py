"""How a form field becomes a GOV.UK component.

`govuk_field` is the seam between Django and the GOV.UK components: the template pack in
templates/govuk/ asks it which component shows a field, and with what parameters (those of the
govuk-frontend macros). Everything goes there as `text`, never as `html`, so that labels, hints,
choices and values are always escaped.

What a form may say about its looks:

- `form.page_heading = True`: the label or legend of the first field is the page's <h1>;
- `form.label_size = "m"`: the size (s, m, l, xl) of all labels and legends; "s" if not said;
- `widget.attrs["data-size"]`: the same for one field;
- `widget.attrs["data-character-count"] = True` on a Textarea with a `max_length`: a count of
  characters;
- `widget.attrs["class"]`: GOV.UK classes, such as "govuk-input--width-5" or "govuk-radios--inline";
- `autocomplete`, `inputmode`, `spellcheck` and `rows` in `widget.attrs` are used, and others passed
  on, by all but radios and checkboxes.

Choices may be grouped as Django groups them (checkboxes and radios show a heading for each group),
and a choice's label may be a `Choice`, which carries a hint.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.forms import BoundField
from jinja2 import Undefined
from markupsafe import Markup, escape

from referrals.fields import DATE_PARTS, DatePartsWidget

Params = dict[str, Any]

# Checked by the server: in the page they would cut pasted text short, or stop a form unexplained.
UNUSED_ATTRS = {"id", "cols", "max", "maxlength", "min", "minlength", "required", "step", "type"}


@dataclass(frozen=True, slots=True)
class Option:
    """One radio button or checkbox, ready to be shown."""

    id: str
    value: str
    text: str
    hint: str
    checked: bool


def govuk_field(field: BoundField) -> tuple[str, Params]:
    """Which GOV.UK component shows this field ("input", "radios", …), and its parameters."""
    widget = field.field.widget
    for widget_class, component, build in COMPONENTS:
        if isinstance(widget, widget_class):
            if component == "textarea" and widget.attrs.get("data-character-count"):
                component = "character-count"
            return component, _shared(field) | build(field)
    raise TypeError(f"No GOV.UK component for {type(widget).__name__} ({field.name})")


def govuk_attributes(attributes: Mapping[str, Any] | str) -> Markup:
    """Return the attributes of an element, each with a space before it.

    What the macro of this name in the library does: a test compares the two. A value may be a
    mapping of `value` and `optional`: then True is the name alone, and False or nothing is nothing.
    """
    if not isinstance(attributes, Mapping):
        return Markup(attributes if isinstance(attributes, str) else "")  # noqa: S704 (as there)
    parts = []
    for name, value in attributes.items():
        optional = isinstance(value, Mapping) and value.get("optional") is True
        shown = value.get("value", Undefined()) if isinstance(value, Mapping) else value
        if optional and shown is True:
            parts.append(f" {escape(name)}")
        elif not (optional and (shown is None or shown is False or isinstance(shown, Undefined))):
            text = str(shown).lower() if isinstance(value, bool) else shown
            parts.append(f' {escape(name)}="{escape(text)}"')
    return Markup("".join(parts))  # noqa: S704 (each is escaped)


def error_target(field: BoundField) -> str:
    """The id of the element that an error about this field should take you to."""
    if isinstance(field.field.widget, DatePartsWidget):
        return f"{_id(field)}_{_wrong_parts(field)[0]}"
    return _id(field)


def _shared(field: BoundField) -> Params:
    """What every component takes: identity, classes, hint and error."""
    attrs = field.field.widget.attrs
    params: Params = {"id": _id(field), "name": field.html_name, "classes": attrs.get("class", "")}
    params |= {
        key: attrs[key] for key in ("autocomplete", "inputmode", "spellcheck") if key in attrs
    }
    used = UNUSED_ATTRS | {"class", "rows", "data-size", "data-character-count"} | params.keys()
    params["attributes"] = {
        # True and False are attributes without a value, as Django's own widgets have them.
        name: {"value": value, "optional": True} if isinstance(value, bool) else value
        for name, value in attrs.items()
        if name not in used
    }
    if field.help_text:
        params["hint"] = {"text": field.help_text}
    if field.errors:
        params["errorMessage"] = {"text": " ".join(map(str, field.errors))}
    return params


def _input(field: BoundField) -> Params:
    widget = field.field.widget
    params: Params = {
        "type": widget.input_type,
        "value": None,
        "label": _title(field, "govuk-label"),
    }
    # A browser must never be given a password or a file back.
    if not isinstance(widget, forms.PasswordInput | forms.FileInput):
        params["value"] = _typed(widget.format_value(field.value()))
    if isinstance(widget, forms.NumberInput):
        # type="number" loses what it does not understand, and changes when a mouse wheel turns.
        # Django's FloatField and DecimalField are IntegerFields too.
        fraction = isinstance(field.field, forms.FloatField | forms.DecimalField)
        params |= {"type": "text", "inputmode": "decimal" if fraction else "numeric"}
    elif isinstance(widget, forms.EmailInput):
        params |= {"autocomplete": widget.attrs.get("autocomplete", "email"), "spellcheck": False}
    elif widget.input_type == "tel":
        params["autocomplete"] = widget.attrs.get("autocomplete", "tel")
    return params


def _textarea(field: BoundField) -> Params:
    return {
        "value": _typed(field.value()) or "",
        "rows": field.field.widget.attrs.get("rows"),
        "label": _title(field, "govuk-label"),
        "maxlength": getattr(field.field, "max_length", None),
    }


def _select(field: BoundField) -> Params:
    chosen = field.field.widget.format_value(field.value())
    items = []
    for _, choices in _grouped(field.field.widget.choices):
        for value, label in choices:
            text = _typed(value) or ""
            items.append({"value": text, "text": label, "selected": text in chosen})
    return {"items": items, "label": _title(field, "govuk-label")}


def _choices(field: BoundField) -> Params:
    """Radios or checkboxes: their options in groups; a plain list is one group without a name."""
    chosen = field.field.widget.format_value(field.value())
    groups: list[tuple[str, list[Option]]] = []
    number = 0
    for name, choices in _grouped(field.field.widget.choices):
        options = []
        for value, label in choices:
            number += 1
            # The first option has the field's own id: an error of the field points at it.
            option_id = _id(field) if number == 1 else f"{_id(field)}-{number}"
            text = _typed(value) or ""
            hint = getattr(label, "hint", "")
            options.append(Option(option_id, text, str(label), str(hint), text in chosen))
        groups.append((name, options))
    return {"groups": groups, "fieldset": _fieldset(field)}


def _checkbox(field: BoundField) -> Params:
    label, hint = str(field.label), str(field.help_text)
    option = Option(_id(field), "on", label, hint, bool(field.value()))
    return {"groups": [("", [option])], "hint": None}


def _date(field: BoundField) -> Params:
    typed = field.value()
    if not isinstance(typed, list | tuple):
        typed = field.field.widget.decompress(typed)
    wrong = _wrong_parts(field) if field.errors else []
    autocomplete = field.field.widget.attrs.get("autocomplete")
    items = []
    for part, value in zip(DATE_PARTS, typed, strict=True):
        width = "govuk-input--width-4" if part == "year" else "govuk-input--width-2"
        items.append(
            {
                "id": f"{_id(field)}_{part}",
                "name": f"{field.html_name}_{part}",
                "label": part.capitalize(),
                "value": _typed(value),
                "classes": f"{width} govuk-input--error" if part in wrong else width,
                # People may type a month's name, which a keypad of numbers would not let them do.
                "inputmode": "text" if part == "month" else "numeric",
                "autocomplete": f"{autocomplete}-{part}" if autocomplete else None,
            }
        )
    return {"items": items, "fieldset": _fieldset(field)}


COMPONENTS: list[tuple[type[forms.Widget], str, Callable[[BoundField], Params]]] = [
    (DatePartsWidget, "date-input", _date),
    # Django's CheckboxSelectMultiple is a RadioSelect: it has to come first.
    (forms.CheckboxSelectMultiple, "checkboxes", _choices),
    (forms.RadioSelect, "radios", _choices),
    (forms.CheckboxInput, "checkboxes", _checkbox),
    (forms.Select, "select", _select),
    (forms.Textarea, "textarea", _textarea),
    (forms.widgets.Input, "input", _input),
]


def _id(field: BoundField) -> str:
    return field.auto_id or field.html_name


def _typed(value: Any) -> str | None:
    """A value as plain text; an f-string also takes a `mark_safe` off it."""
    return None if value is None else f"{value}"


def _title(field: BoundField, block: str) -> Params:
    """The label or legend of a field, as a heading where the form asks for one."""
    form, attrs = field.form, field.field.widget.attrs
    heading = getattr(form, "page_heading", False) and form.visible_fields()[0].name == field.name
    size = attrs.get("data-size") or ("l" if heading else getattr(form, "label_size", "s"))
    return {"text": field.label, "isPageHeading": heading, "classes": f"{block}--{size}"}


def _fieldset(field: BoundField) -> Params:
    return {"legend": _title(field, "govuk-fieldset__legend")}


def _grouped(choices: Iterable[tuple[Any, Any]]) -> Iterable[tuple[str, list[tuple[Any, str]]]]:
    """The choices as (group name, choices); those outside any group stand under ""."""
    for is_group, run in groupby(choices, key=lambda choice: isinstance(choice[1], list | tuple)):
        if is_group:
            yield from run
        else:
            yield "", list(run)


def _wrong_parts(field: BoundField) -> list[str]:
    """The parts of a date that its error is about; all of them when it does not say."""
    for error in field.errors.as_data():
        if error.params and "parts" in error.params:
            return list(error.params["parts"])
    return list(DATE_PARTS)
