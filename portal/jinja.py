"""The Jinja2 environment of all our pages (the admin alone uses Django's templates).

In a template: `{{ crispy(form) }}` shows a form's fields as GOV.UK components (or the whole form,
if it has a crispy `helper`), `{{ error_summary(form) }}` the list of its errors,
`{{ url("name", pk) }}` an address, `{{ static("css/portal.css") }}` a static file. How a form may
shape its fields is told in portal/govuk.py. The GOV.UK macros are imported by their own names:

    {% from "govuk_frontend_jinja/components/button/macro.html" import govukButton %}
"""

import re
from collections.abc import Iterable, MutableMapping
from datetime import date, datetime
from functools import cache, partial
from itertools import groupby
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.utils import render_crispy_form
from django.conf import settings
from django.contrib.messages import get_messages
from django.forms import BaseForm, Field
from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, Undefined, pass_context
from jinja2.runtime import Context

from accounts.once import once_field
from portal.govuk import error_target, govuk_attributes, govuk_field
from referrals.wording import day_of, long_moment

BULLET = "• "
PARAGRAPH = '<p class="govuk-body">{}</p>'
UNNAMED = Field.default_error_messages["required"]

# A form without a helper gives its fields only: the page writes <form>, the token and the buttons.
FIELDS_ONLY = FormHelper()
FIELDS_ONLY.form_tag = False
FIELDS_ONLY.disable_csrf = True


class Pages(Environment):
    """Jinja2's environment, with names of its own that are looked up at once.

    Jinja2 would chain two dictionaries, and walk through all names at each import and each page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def one_token(request: HttpRequest) -> dict[str, object]:
    """Context processor: the hidden field of a form, made once for all forms of a page."""
    return {"csrf_input": SimpleLazyObject(partial(csrf_input, request))}


def environment(**options: Any) -> Environment:
    """What Django's Jinja2 backend calls, with its own options."""
    # The GOV.UK macros ask for parameters that may not be there. Django's choice for DEBUG would
    # print "{{ … }}" into attributes, so that a page looked different in development.
    options["undefined"] = Undefined
    # Inside the macros, templates call each other by these prefixed names.
    macros = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    options["loader"] = ChoiceLoader([options["loader"], macros])
    options["trim_blocks"] = options["lstrip_blocks"] = True
    del options["autoescape"]  # not a choice
    # All templates stay: to note which was used last, at each import of a macro, takes longer.
    options["cache_size"] = -1
    env = Pages(autoescape=True, **options)
    env.globals |= {
        "crispy": crispy,
        "error_summary": error_summary,
        "get_messages": get_messages,
        "once_field": once_field,
        "govuk_attributes": govuk_attributes,
        "govuk_field": govuk_field,
        "static": static,
        "url": url,
    }
    env.filters |= {
        "date": long_date,
        "moment": long_moment,
        "paragraphs": paragraphs,
        "reachable": reachable,
        "tel": tel,
    }
    return env


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named view: `url("journey:step", conversation.pk)`."""
    if args or kwargs:
        return reverse(name, args=args, kwargs=kwargs)
    return fixed_url(name, settings.ROOT_URLCONF, get_script_prefix())


@cache
def fixed_url(name: str, urls: str, prefix: str) -> str:
    """The same of a view that takes nothing. A page has some twenty of them, in its frame."""
    return reverse(name, urls)


@pass_context
def crispy(context: Context, form: BaseForm) -> SafeString:
    """A form as HTML, by its own `helper` if it has one.

    A crispy layout treats the texts of its Submit, HTML and Fieldset objects as Django templates:
    never build them from anything a person has typed.
    """
    helper = getattr(form, "helper", FIELDS_ONLY)
    html = render_crispy_form(form, helper, {"csrf_token": context.get("csrf_token")})
    return SafeString(html)  # escaped by the templates of the pack


def error_summary(*forms: BaseForm) -> SafeString:
    """Every error of these forms, each linked to the element it is about; "" if there are none."""
    errors = [error for form in forms for error in form_errors(form)]
    if not errors:
        return SafeString()
    html = render_to_string("govuk/errors.html", {"errors": errors})
    return SafeString(html)  # escaped by its template


def form_errors(form: BaseForm) -> list[dict[str, str]]:
    """Errors in the order of the page: those of the whole form first, then field by field."""
    errors = [{"text": str(text)} for text in form.non_field_errors()]
    for field in form:
        # Django's own wording does not say which field it means, and a list of links must.
        texts = [
            f"{field.label} – {text}" if text == UNNAMED else f"{text}" for text in field.errors
        ]
        if texts:
            errors.append({"text": " ".join(texts), "href": f"#{error_target(field)}"})
    return errors


def long_date(value: date | None) -> str:
    """21 November 2026, in the portal's own time zone; "" for no date."""
    if isinstance(value, datetime):
        value = localtime(value)
    return day_of(value) if value else ""


def paragraphs(text: str) -> SafeString:
    """Plain text as paragraphs, a line each; lines that start with a bullet become a list."""
    lines = (line.strip() for line in str(text).splitlines() if line.strip())
    blocks = [
        bullets(block)
        if is_list
        else format_html_join("\n", PARAGRAPH, ((line,) for line in block))
        for is_list, block in groupby(lines, key=lambda line: line.startswith(BULLET))
    ]
    return format_html_join("\n", "{}", ((block,) for block in blocks))


def bullets(lines: Iterable[str]) -> SafeString:
    items = format_html_join("", "<li>{}</li>", ((line.removeprefix(BULLET),) for line in lines))
    return format_html('<ul class="govuk-list govuk-list--bullet">{}</ul>', items)


def tel(phone: str) -> str:
    """The tel: address of a printed number. Words after it, such as an extension, are left out."""
    number = re.split(r"[^+\d\s()-]", phone)[0].strip()
    if number.startswith("+"):
        number = number.replace("(0)", "")  # printed for callers inside the country only
    return "tel:" + re.sub(r"[^+\d]", "", number)


# A number as it is printed here, or the one for emergencies; or a web address, which script is not.
REACHED = re.compile(
    r"(?<!\d)((?:\+44 ?|0)\d[\d ]{6,11}\d|(?<=[Cc]all )999)(?!\d)|https?://[^\s<>\"]*[\w/]"
)
REACHES = '<a class="govuk-link" href="{}" rel="noreferrer">{}</a>'


def reachable(text: str) -> SafeString:
    """Return text, word for word, with its telephone numbers and web addresses as links."""
    parts, end = [], 0
    for found in REACHED.finditer(text):
        href = tel(found[1]) if found[1] else found[0]
        parts += [text[end : found.start()], format_html(REACHES, href, found[0])]
        end = found.end()
    return format_html_join("", "{}", ((part,) for part in (*parts, text[end:])))
