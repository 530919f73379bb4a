from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from bench.trivial.models import Entry, Option, Sheet


class Sixty(forms.Form):
    chosen = forms.ModelMultipleChoiceField(
        Option.objects.order_by("pk"), widget=forms.CheckboxSelectMultiple, required=False
    )


@login_required
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Sheet, pk=pk)
    form = Sixty(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        found.save()
        chosen = [option.pk for option in form.cleaned_data["chosen"]]
        Entry.objects.create(sheet=found, chosen=chosen)
        return redirect("sheet", pk)
    return render(request, "sheet.html", {"form": form})


urlpatterns = [path("<int:pk>/", sheet, name="sheet")]
