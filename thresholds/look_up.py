"""The find box: from somebody's own words to the pages of the guidance.

People may type about a child. So what they type is posted, and stands in no address; nothing of
it is kept or logged, no cookie is set, and no browser or proxy keeps the answer.
"""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from accounts.posted import may_post
from accounts.throttle import TOO_MANY_FINDS, may_find
from thresholds import index
from thresholds.open_pages import Shown, home, open_page
from thresholds.same_words import same_words
from thresholds.search import LONGEST_TEXT
from thresholds.views import routes_of


class FindForm(forms.Form):
    text = forms.CharField(
        label="What do you want to find?",
        help_text="A few words, or a whole text. No names are needed.",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}),
        error_messages={
            "required": "Enter what you want to find",
            "max_length": "Shorten the text to %(limit_value)d characters. It has %(show_value)d",
        },
    )


# No token against forged requests: it would need a cookie, and a finder changes nothing that a
# forged request could change.
@csrf_exempt
@sensitive_post_parameters("text")
@may_post
def find(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _empty(request)
    form = FindForm({"text": as_read(request.POST.get("text", ""))})
    shown = home()
    context = {"shown": shown, "form": form, "exit_page": True}
    status = 200
    if form.is_valid():
        text = form.cleaned_data["text"]
        if may_find(request, text):
            context |= _results(text, shown)
        else:
            form.add_error("text", TOO_MANY_FINDS)
            status = 429
    response = render(request, "open/find.html", context, status=status)
    add_never_cache_headers(response)
    return response


find.open_to_all = True  # accounts.middleware lets it through


@open_page
def _empty(request: HttpRequest) -> HttpResponse:
    context = {"shown": home(), "form": FindForm(), "exit_page": True}
    return render(request, "open/find.html", context)


def _results(text: str, shown: Shown) -> dict[str, object]:
    answer = index.find(text, shown.edition)
    signs = [found.indicator for found in answer.found]
    return {
        "answer": answer,
        "same_words": same_words(text, shown),
        "routes": routes_of(shown.guidance, signs),
    }


def as_read(text: str) -> str:
    """Return a text as a person sees it: no null characters, and a line's end counted once."""
    return text.replace("\x00", " ").replace("\r\n", "\n")
