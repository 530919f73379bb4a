"""The scripts of the pages write text as text, run no text, and let nobody into prototypes."""

import re
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[1] / "static" / "js" / "src").glob("*.js"))
# What each would be for, and an example that the pattern must find.
FORBIDDEN = {
    r"\b(inner|outer)HTML\b": "part.innerHTML = typed",
    r"\binsertAdjacentHTML\b": "part.insertAdjacentHTML('beforeend', typed)",
    r"\bsetHTMLUnsafe\b|\bcreateContextualFragment\b|\bsrcdoc\b": "frame.srcdoc = typed",
    # What DOMParser reads does nothing until it is put into the page: only its values are read.
    r"\b(adopt|import)Node\b": "document.importNode(other)",
    r"\bdocument\.write": "document.writeln(typed)",
    r"\beval\b|\bFunction\s*\(": "new Function(typed)()",
    r"\bset(Timeout|Interval)\(\s*[\"'`]": "setTimeout('run()', 1)",
    r"\bimport\s*\(": "import(address)",
    r"javascript:": "link.href = 'javascript:run()'",
    r"setAttribute\(\s*[\"'`](on|src|href|style)": "part.setAttribute('onclick', typed)",
    # Merging what came from outside into an object that was there.
    r"\bObject\.assign\b": "Object.assign(options, answer)",
    r"__proto__|\bprototype\b|\bsetPrototypeOf\b|\.constructor\b": "options.__proto__ = answer",
}
# Keys that are worked out. Each must be one of a list that stands in the script itself.
WORKED_OUT = re.compile(r"(\w+\[(?!\d)[a-z]\w*\])\s*=(?!=)")
KNOWN = {"passkey.js": {"options[list]", "parts[part]"}}


def test_the_patterns_find_what_they_are_for() -> None:
    for pattern, example in FORBIDDEN.items():
        assert re.search(pattern, example), example
    assert WORKED_OUT.findall("options[key] = value; a[0] = 1; if (a[b] === c)") == ["options[key]"]


def test_scripts_write_no_html_run_no_text_and_touch_no_prototype() -> None:
    assert len(SOURCES) > 5
    found = [
        f"{source.name}: {match[0]}"
        for source in SOURCES
        for pattern in FORBIDDEN
        for match in re.finditer(pattern, source.read_text(encoding="utf-8"))
    ]
    assert not found


def test_no_key_that_came_from_outside_is_written() -> None:
    found = {source.name: set(WORKED_OUT.findall(source.read_text("utf-8"))) for source in SOURCES}
    assert {name: keys for name, keys in found.items() if keys} == KNOWN
    passkey = next(source for source in SOURCES if source.name == "passkey.js").read_text("utf-8")
    for name in ("list", "part"):
        assert re.search(rf'for \(const {name} of \["', passkey), "its keys stand in the script"
