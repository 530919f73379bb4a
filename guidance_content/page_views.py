"""The pages on which editors write the prose of a draft."""

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.posted import may_post, posted
from guidance_content.contacts import Overtaken
from guidance_content.editors import for_editors
from guidance_content.models import Page
from guidance_content.page_forms import PageForm
from guidance_content.pages import FIELDS, save_page
from guidance_content.prose import in_new_tabs, render_prose
from thresholds.models import Edition
from thresholds.published import PublishedEdition


@require_safe
@for_editors
def page_list(request: HttpRequest, slug: str) -> HttpResponse:
    edition = get_object_or_404(Edition.objects.select_related("partnership"), slug=slug)
    pages = Page.objects.filter(edition=edition)
    return _show(request, "list", edition, pages=pages)


@may_post
@for_editors
def page_edit(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Write a page of a draft; look at what was typed before it is saved. Others are read."""
    page = (
        Page.objects.select_related("edition__partnership")
        .filter(edition__slug=slug, code=code)
        .first()
    )
    if page is None:
        return _gone(request)
    form = PageForm(posted(request), page=page)
    if page.edition.status == Edition.Status.PUBLISHED:
        return _form(request, page, form, 409 if form.is_bound else 200)
    if "preview" in request.POST:
        form.is_valid()
        looks = render_prose(form.cleaned_data.get("body", ""))
        return _form(request, page, form, preview=in_new_tabs(looks))
    if not form.is_valid():
        return _form(request, page, form)
    return _save(request, page, form)


def _save(request: HttpRequest, page: Page, form: PageForm) -> HttpResponse:
    read = form.cleaned_data["read"]
    try:
        changed = save_page(page=page, read=read, values=form.values(), by=request.user)
    except Overtaken:
        page.refresh_from_db()
        form.look_again()
        return _form(request, page, form, 409, overtaken=True)
    except PublishedEdition:
        page.edition.refresh_from_db()
        return _form(request, page, form, 409)
    except ObjectDoesNotExist:
        return _gone(request)
    if changed:
        messages.success(request, f"“{form.cleaned_data['title']}” is saved in the draft.")
    else:
        messages.info(request, "Nothing was changed.")
    return redirect("edition_pages", page.edition.slug)


def _gone(request: HttpRequest) -> HttpResponse:
    """Give back what was typed for a page that was deleted meanwhile, or whose draft was."""
    if request.method != "POST":
        raise Http404("There is no such page.")
    typed = [request.POST[name] for name in FIELDS if request.POST.get(name)]
    return render(request, "editors/pages/gone.html", {"typed": typed}, status=409)


def _form(
    request: HttpRequest, page: Page, form: PageForm, status: int = 200, **more: object
) -> HttpResponse:
    stored = render_prose(page.body)
    return _show(request, "form", page.edition, status, page=page, form=form, stored=stored, **more)


def _show(
    request: HttpRequest, template: str, edition: Edition, status: int = 200, **more: object
) -> HttpResponse:
    context: dict[str, object] = {
        "edition": edition,
        "can_change": edition.status != Edition.Status.PUBLISHED,
        **more,
    }
    return render(request, f"editors/pages/{template}.html", context, status=status)
