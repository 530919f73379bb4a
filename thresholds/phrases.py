"""What somebody typed, cut into the parts that each may mean a sign. Pure: no model, no database.

Positions count characters of the text as typed, so that a page can mark what was found.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|\n+|\s[-–—•]\s")
# Where a sentence turns to something else.
CLAUSE_ENDS = re.compile(
    r",|:|\b(?:and|but|while|because|who|which|so|after|when|although|though)\b(?!['’])",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
FEWEST_WORDS = 3

# What somebody denies may still be so: "denies" is no "not".
NOT = re.compile(
    r"\b(?:not|never|no|nor|neither|without|isn['’]?t|aren['’]?t|wasn['’]?t|weren['’]?t|hasn['’]?t"
    r"|haven['’]?t|hadn['’]?t|doesn['’]?t|don['’]?t|didn['’]?t)\b",
    re.IGNORECASE,
)
# What no child should meet. Without it, something is well; without anything else (food, sleep,
# school, a coat), something may be wrong, so a "not" before other words is left as it stands.
HARM = re.compile(
    r"\b(?:hit(?:s|ting)?|hurt(?:s|ing)?|smack(?:s|ed|ing)?|slap(?:s|ped|ping)?|punch(?:es|ed|ing)?"
    r"|kick(?:s|ed|ing)?|harm(?:s|ed|ing)?|self[- ]?harm(?:s|ed|ing)?|abus(?:e|ed|es|ing|ive)"
    r"|beat(?:s|en|ing)?|bruis(?:e|es|ed|ing)|injur(?:y|ies|ed)|marks?|wounds?|burns?|fight(?:s|ing)?"
    r"|violen(?:t|ce)|aggressi(?:ve|on)|threat(?:s|en|ens|ened|ening)?|shout(?:s|ed|ing)?"
    r"|bull(?:y|ies|ied|ying)|drugs?|cannabis|weed|cocaine|heroin|drunk|alcohol|substances?"
    r"|suicid(?:e|al)|neglect(?:s|ed|ing|ful)?|exploit(?:ed|ation|ing)?|groom(?:ed|ing)?"
    r"|missing|weapons?|kni(?:fe|ves)|gangs?|afraid|scared|frightened|arguments?|arguing"
    r"|rac(?:ist|ism)|stealing|steals|stolen|pregnan(?:t|cy)|debts?|arrears|evict(?:ed|ion)"
    r"|homeless|concerns?|worr(?:y|ies|ied)|problems?|evidence|signs?|disclos(?:ed|ure|ures))\b",
    re.IGNORECASE,
)
# What may stand between: after any other word, it is not the harm that is denied ("did not say
# who hit him", "not safe from violence").
BETWEEN_WORDS = """
a an any the of or been being be seen had has have got ever one using taking carrying physical
physically verbal verbally emotional emotionally sexual sexually visible obvious new old other
further current known recent real more serious major safeguarding domestic show shows shown showing
appear appears appeared seem seems seemed look looks looked feel feels feeling involved in with to
him her them his their deliberately actually really drug previous child protection
"""
BETWEEN = frozenset(BETWEEN_WORDS.split())
# Words that turn: what is denied before one of them is not denied after it.
TURNS = re.compile(
    r"\b(?:but|because|who|which|so|when|while|after|although|though)\b", re.IGNORECASE
)
# What is "not any more", or "not again", was once. What is "only" here may be there.
WAS_ONCE = re.compile(
    r"\b(?:again|any ?more|now|yet|until|unless|only|except|apart from)\b", re.IGNORECASE
)
# "Not only" and "no longer" deny too little to count.
NOT_REALLY = re.compile(r"\b(?:not (?:only|just|sure)|no (?:longer|doubt|idea))\b", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A sentence, or a clause of one: where it stands in the text, and its words."""

    start: int
    end: int
    text: str
    whole: bool


def sentences(text: str) -> list[Part]:
    """Return the sentences of a text. What has no word in it is none."""
    return [Part(*span, text[slice(*span)], True) for span in _cut(text, 0, SENTENCE_ENDS)]


def clauses(sentence: Part) -> list[Part]:
    """Return the clauses of a sentence that has several. Each may be a worry of its own."""
    spans: list[tuple[int, int]] = []
    for start, end in _cut(sentence.text, 0, CLAUSE_ENDS):
        # "Hungry and dirty" is one thing: a few words belong to what they follow, and "she says
        # that", at the beginning, to what comes next.
        if (
            spans
            and min(
                len(WORD.findall(text))
                for text in (sentence.text[start:end], sentence.text[: spans[-1][1]])
            )
            < FEWEST_WORDS
            and not _denial_ends(sentence.text, spans[-1], (start, end))
        ):
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    if len(spans) < 2:
        return []
    first = sentence.start
    return [
        Part(first + start, first + end, sentence.text[start:end], False) for start, end in spans
    ]


def _denial_ends(text: str, before: tuple[int, int], part: tuple[int, int]) -> bool:
    """Say whether one of two parts denies a harm and the other does not belong to it.

    So of "no bruises but he is scared" the first two words are left out, and no more. A denial
    that stands first goes on over a comma or an "and": "no bruises, cuts or marks".
    """
    if denies_harm(text[slice(*before)]):
        return bool(TURNS.search(text[before[1] : part[0]]))
    return denies_harm(text[slice(*part)])


def _cut(text: str, offset: int, ends: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where each part stands, without the space around it. Empty ones are left out."""
    start = 0
    for stop in [*ends.finditer(text), None]:
        piece = text[start : stop.start() if stop else len(text)]
        stripped = piece.strip()
        if WORD.search(stripped):
            begins = offset + start + piece.index(stripped)
            yield begins, begins + len(stripped)
        start = stop.end() if stop else len(text)


def denies_harm(text: str) -> bool:
    """Say whether a part of a text says that a harm is not there: "not hitting", "no bruises"."""
    if WAS_ONCE.search(text):
        return False
    clear = NOT_REALLY.sub(" … ", text)
    return any(_reaches_harm(clear[denial.end() :]) for denial in NOT.finditer(clear))


def _reaches_harm(rest: str) -> bool:
    """Say whether a harm comes first in what follows a "not", small words apart."""
    harm = HARM.search(rest)
    if harm is None or "…" in rest[: harm.start()]:
        return False
    return all(word.casefold() in BETWEEN for word in WORD.findall(rest[: harm.start()]))


def mended(text: str, knows: Callable[[str], bool], nearest: Callable[[str], str]) -> str:
    """Return the text with each word that nobody knows put right, where `nearest` finds how.

    Names are left as they are: a word with a capital, and any word of up to three letters.
    """

    def mend(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) <= 3 or not word.isalpha() or not word.islower() or knows(word):
            return word
        return nearest(word) or word

    return WORD.sub(mend, text)
