"""Which letters a PDF can show: those of its own fonts, and of the fonts of this machine.

A name whose letters no font has is printed as a row of empty boxes. Whoever prints it is told, and
so is whoever reads it; `manage.py check --deploy` names the scripts that cannot be printed.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import category

from django.conf import settings
from django.core.checks import CheckMessage, Info, register
from fontTools.ttLib import TTFont

OWN_FONTS = Path(settings.BASE_DIR, "static", "pdf")
# As many as a page tells.
MOST = 30
SECONDS = 20
# In scripts in which names are written here, a name or a word each.
SCRIPTS = {
    "Arabic, Kurdish, Persian and Urdu": "محمد ەڤ پگچ ٹڈےں",
    "Bengali": "রহমান",
    "Chinese": "王小明",
    "Ethiopic (Amharic, Tigrinya)": "ሰላም",
    "Georgian": "გიორგი",
    "Greek": "Γιώργος",
    "Gujarati": "પટેલ",
    "Hebrew": "שרה",
    "Hindi and Nepali": "शर्मा",
    "Japanese": "さくらサクラ",
    "Korean": "김민준",
    "Polish, Romanian, Slovak, Turkish and Vietnamese": "łżșțľğışNguyễn",
    "Punjabi": "ਸਿੰਘ",
    "Sinhala": "පෙරේරා",
    "Tamil": "முருகன்",
    "Thai": "สมชาย",
    "Ukrainian, Bulgarian and Russian": "Їжак Щербинаъэ",
}

log = logging.getLogger(__name__)


def lacking(*told: Any) -> list[str]:
    """Return the letters in these texts, lists and dictionaries that a PDF would show as boxes.

    Each once, in the order in which they are met, and no more than MOST.
    """
    text = json.dumps(told, ensure_ascii=False, default=str)
    strange = (letter for letter in dict.fromkeys(text) if not letter.isascii())
    found = [letter for letter in strange if _is_drawn(letter) and not _has()[ord(letter)]]
    return found[:MOST]


def numbers_of(letters: list[str]) -> str:
    """Return by which numbers Unicode knows letters that cannot be printed."""
    return ", ".join(f"U+{ord(letter):04X}" for letter in letters)


def _is_drawn(letter: str) -> bool:
    """Say whether it is more than a space, a sign how to break or how to join what is beside it."""
    is_selector = "\ufe00" <= letter <= "\ufe0f"
    return category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and not is_selector


@cache
def _has() -> bytearray:
    """Return 1 at the number of each letter that any font has: a set would take ten times as much.

    Fonts that are installed later are met by a new process.
    """
    has = bytearray(sys.maxunicode + 1)
    for number in TTFont(OWN_FONTS / "AtkinsonHyperlegible-Regular.ttf").getBestCmap():
        has[number] = 1
    for first, last in _of_this_machine():
        has[first : last + 1] = b"\1" * (last + 1 - first)
    return has


def _of_this_machine() -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of each range of letters that the fonts here have."""
    try:
        said = subprocess.run(
            ["fc-list", "--format", "%{charset}\\n"],  # noqa: S607
            capture_output=True,
            check=True,
            text=True,
            timeout=SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        # Rather a warning that is needless than a box that nobody was told of.
        log.error("Nobody knows which fonts there are: %s (fc-list)", type(error).__name__)
        return
    for part in {*said.split()}:
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


@register(deploy=True)
def check_scripts(**kwargs: Any) -> list[CheckMessage]:
    """Name the scripts in which a PDF cannot show a name: for `check --deploy`."""
    left_out = [script for script, sample in SCRIPTS.items() if lacking(sample)]
    if not left_out:
        return []
    told = "; ".join(left_out)
    return [
        Info(
            f"Names in these scripts are printed as empty boxes: {told}.",
            hint="Install fonts that have them (Debian: fonts-noto-core, fonts-noto-cjk).",
            id="referrals.I001",
        )
    ]
