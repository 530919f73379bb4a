"""Once, however often it is sent: a double click, a page sent again after its answer was lost.

A form that adds something carries a key, new with each page that shows it. What the form asks
for is done in one transaction with the key, so that of two requests with one key one does it, and
the other is led where the first was led. Without a key it is done each time.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import SentForm

FIELD = "once"
KEY = re.compile(r"[A-Za-z0-9]{22}")
# No page is left open for longer and then sent twice: its session is over.
KEPT = timedelta(days=1)


def once_field() -> SafeString:
    """Return the hidden field of a form that is to be done once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, get_random_string(22))


def once(request: HttpRequest, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `do` answers; for a form that was done already, a redirect to where it led.

    Only what ends in a redirect is done: after any other answer the form can be sent again.
    """
    key = request.POST.get(FIELD, "")
    if not KEY.fullmatch(key):
        return do()
    with transaction.atomic():
        # The second of two at once waits here until the first is done.
        sent, is_new = SentForm.objects.get_or_create(person_id=request.user.pk, key=key)
        if not is_new:
            return redirect(sent.led_to)
        response = do()
        if response.status_code == 302:
            sent.led_to = response["Location"]
            sent.save(update_fields=["led_to"])
            SentForm.objects.filter(sent_at__lt=timezone.now() - KEPT).delete()
        else:
            sent.delete()
    return response
