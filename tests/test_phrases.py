"""What was typed, cut into parts; harms that are said not to be there; words put right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thresholds.phrases import clauses, denies_harm, mended, sentences

TEXTS = st.text(alphabet=st.sampled_from("ab ,.;:!?'’\n-–é1 and but not"), max_size=120)


@given(TEXTS)
def test_a_part_is_where_it_says(text: str) -> None:
    for sentence in sentences(text):
        for part in (sentence, *clauses(sentence)):
            assert text[part.start : part.end] == part.text
            assert any(sign.isalnum() for sign in part.text)


@given(TEXTS)
def test_no_word_is_lost_between_the_parts(text: str) -> None:
    kept = "".join(sentence.text for sentence in sentences(text))
    assert [sign for sign in text if sign.isalnum()] == [sign for sign in kept if sign.isalnum()]


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("Mum is drinking a lot and he comes in hungry and dirty",
         ["Mum is drinking a lot", "he comes in hungry and dirty"]),
        ("She comes in late, tired, and has no lunch",
         ["She comes in late, tired", "has no lunch"]),
        ("He hits himself", []),
        # A short denial takes nothing with it that it does not deny.
        ("No bruises but he is scared to go home", ["No bruises", "he is scared to go home"]),
        ("Terrified of her dad, no bruises", ["Terrified of her dad", "no bruises"]),
        ("No bruises, cuts or marks", []),
        ("She says who's hitting her", []),
    ],
)  # fmt: skip
def test_a_sentence_of_several_worries_is_cut(sentence: str, parts: list[str]) -> None:
    [whole] = sentences(sentence)
    assert [part.text for part in clauses(whole)] == parts


@pytest.mark.parametrize(
    "text",
    ["he is not hitting others", "no bruises seen", "There are no concerns about his diet",
     "has never been bullied", "no evidence of abuse", "isn’t afraid of dad", "without injury",
     "no one hurt him", "no worries about drugs", "does not show any signs of self-harm"],
)  # fmt: skip
def test_a_harm_that_is_not_there(text: str) -> None:
    assert denies_harm(text)


@pytest.mark.parametrize(
    "text",
    ["not going to school", "has no food in", "no coat in winter", "does not feel safe",
     # What somebody denies, or does not say, may still be so.
     "Mum denies drinking", "did not say who hit him", "she doesn’t know why he hits her",
     "he can’t stop hitting her", "not only drugs but violence", "no longer hurting himself",
     "nobody stops him fighting", "didn’t come home and is missing", "not safe from violence",
     "not eating and self harming", "he hits his sister",
     # What was, or what is elsewhere.
     "Dad isn’t hitting him any more", "said she would not hurt the baby again",
     "he has no bruises now", "never hurts himself at school, only at home"],
)  # fmt: skip
def test_what_may_be_a_harm_is_kept(text: str) -> None:
    assert not denies_harm(text)


def test_words_are_mended_but_no_names() -> None:
    known = {"comes", "school", "hungry"}
    nearest = {"hungrey": "hungry", "skool": "school"}
    text = "Hungrey comes to skool hungrey, Xyzzy too"
    assert mended(text, known.__contains__, lambda word: nearest.get(word, "")) == (
        "Hungrey comes to school hungry, Xyzzy too"
    )
