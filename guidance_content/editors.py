"""Who may come into the editors' room: editors alone. To others it is not there."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.events import note_refusal
from accounts.models import User
from thresholds.drafts import NotEditor, may_edit

View = Callable[..., HttpResponse]


def check_editor(user: User) -> None:
    """Raises NotEditor for whoever is no editor, or is no longer let in."""
    if not may_edit(user):
        raise NotEditor("Only an editor of the guidance may do this.")


def for_editors(view: View) -> View:
    """A page for editors, behind sign-in and kept by no browser. A refusal is noted."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            check_editor(request.user)
        except NotEditor as refused:
            note_refusal(actor=request.user, subject="editors", detail="not-editor")
            raise Http404("There is no such page for you.") from refused
        return view(request, *args, **kwargs)

    return never_cache(login_required(wrapper))
