"""The attributes of an element are written as the library of GOV.UK components writes them."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, PrefixLoader, Undefined

from portal.govuk import govuk_attributes

MACRO = "govuk_frontend_jinja/macros/attributes.html"
LIBRARY = Environment(
    loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
theirs = LIBRARY.get_template(MACRO).module.govukAttributes  # type: ignore[attr-defined]

plain = st.none() | st.booleans() | st.integers() | st.text() | st.builds(Undefined)
options = st.fixed_dictionaries({}, optional={"value": plain, "optional": st.booleans()})


@given(st.dictionaries(st.text(), plain | options) | st.text())
@example({'x"><script>': '"><script>'})
def test_attributes_are_those_of_the_library(attributes: dict[str, Any] | str) -> None:
    assert govuk_attributes(attributes) == str(theirs(attributes))
