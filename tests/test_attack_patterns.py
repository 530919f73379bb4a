"""No regular expression of the project takes long, whatever it is given.

It is the processor's time that counts, so that a busy machine changes nothing.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from time import process_time

import accounts
import guidance_content
import portal
import referrals
import thresholds

PACKAGES = (accounts, guidance_content, portal, referrals, thresholds)
SHORT, LONG = 500, 4_000
# Seconds of a processor. What is linear or quadratic stays far below, for the lengths that forms
# take; a pattern that is worse does not come back, and is told by the short text.
QUICK, MOST = 0.25, 1.0
PIECES = (
    "a", " ", "\t", "\n", "1", "-", ".", "'", "=", "<", "/", "a ", "a-", "1:", "no ", "not ", "0 ",
    "a.", "a, ", "\u200b", "\u0301", "+4", "()", "http://", "Mon", "a\n", "and ", "be ", "9am to ",
)  # fmt: skip
ENDS = ("", "!")


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield every pattern that stands in a module of the project, and where it stands."""
    seen: set[tuple[str, int]] = set()
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." in module.name or module.name == "portal.wsgi":
                continue
            for name, value in vars(importlib.import_module(module.name)).items():
                key = (getattr(value, "pattern", ""), getattr(value, "flags", 0))
                if isinstance(value, re.Pattern) and key not in seen:
                    seen.add(key)
                    yield f"{module.name}.{name}", value


def seconds(pattern: re.Pattern[str], text: str) -> float:
    start = process_time()
    for _ in pattern.finditer(text):
        pass
    pattern.match(text)
    pattern.fullmatch(text)
    return process_time() - start


def test_no_pattern_can_be_made_to_take_long() -> None:
    found, problems = list(patterns()), []
    assert len(found) > 20
    for name, pattern in found:
        for piece in PIECES:
            for end in ENDS:
                short = seconds(pattern, piece * (SHORT // len(piece)) + end)
                if short > QUICK:
                    problems.append(f"{name}: {short:.1f} s for {piece!r}, {SHORT} characters")
                elif short > QUICK / 100:
                    long = seconds(pattern, piece * (LONG // len(piece)) + end)
                    if long > MOST:
                        problems.append(f"{name}: {long:.1f} s for {piece!r}, {LONG} characters")
    assert not problems, "\n".join(problems)


def test_a_pattern_that_can_is_told() -> None:
    assert seconds(re.compile(r"(a+)+$"), "a" * 22 + "!") > 20 * seconds(
        re.compile("a+$"), "a" * 22
    )
