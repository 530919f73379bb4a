"""How tests correct contacts and links: by posting the forms that an editor is shown."""

import re
from html import unescape

from django.test import Client
from django.urls import reverse

from thresholds.models import Contact, Link

HOW = {"how": "I rang and spoke to the duty desk."}


def contact(area: str = "derby", purpose: str = "advice") -> Contact:
    return Contact.objects.get(area__slug=area, purpose=purpose)


def page_of(row: Contact | Link, then: str = "") -> str:
    return reverse(f"editor_{row._meta.model_name}{then}", args=[row.pk])


def form_of(editors: Client, address: str, **changes: object) -> dict[str, object]:
    """What a browser would post from the form at an address, with some of it changed."""
    return form_on(editors, address) | HOW | changes


def form_on(editors: Client, address: str) -> dict[str, object]:
    html = editors.get(address).content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", main):
        attrs = {k: unescape(v) for k, v in re.findall(r'([a-z_-]+)="([^"]*)"', tag)}
        chosen = attrs.get("type") not in ("radio", "checkbox") or " checked" in tag
        if attrs.get("name") and chosen:
            found.setdefault(attrs["name"], []).append(attrs.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', main, re.S):
        found[name] = [unescape(text)]
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', main, re.S):
        found[name] = re.findall(r'value="([^"]*)" selected', options)
    return found


def text_of(html: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html.decode())))
