"""What a server loads before it starts its workers: they share it, and no first visitor waits."""

import ctypes
import gc

from django.contrib.auth import get_backends
from django.db import Error, connections
from django.template import engines
from django.urls import reverse

from referrals import pdf
from thresholds import index
from thresholds.load import load
from thresholds.models import Edition
from thresholds.sentences import encoder

# How many things are made before Python looks for rubbish among the new ones, and how often it then
# looks further back. At its own 700 it looks many times for a page, which leaves hardly any.
LOOKS = (5_000, 10, 10)
# Every part of a summary that costs something the first time: letters, bold ones, a table.
FIRST_PAGE = """<html lang="en"><head><title>Warm</title></head><body><h1>Aa</h1>
<table><thead><tr><th scope="col">Aa</th></tr></thead><tbody><tr><td>Aa</td></tr></tbody></table>
<ul><li>Aa</li></ul></body></html>"""


def up() -> None:
    """Compile the pages, load the fonts, the finder and the guidance, and make a first PDF."""
    # First what takes much for a while: what it leaves free in between is filled by what follows.
    encoder().weights.read_through()
    guidance()
    pdf.printed(FIRST_PAGE)
    # Django's own pages, how people sign in, and every address: else each worker loads them.
    engines.all()
    get_backends()
    reverse("front")
    pages = engines["jinja2"].env
    for name in pages.list_templates(extensions=["html"]):
        pages.get_template(name)
    # What is there by now stays: to look for what can be thrown away would copy it to each worker.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*LOOKS)
    # What loading took for a while goes back to the system. Debian's C library can, others may not.
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def guidance() -> None:
    """Load what is in force, and its finder. A database that is not there yet stops nothing."""
    try:
        for edition in Edition.objects.in_force().select_related("partnership"):
            if load(edition).indicators:
                index.finder_of(edition)
    except Error:
        pass
    finally:
        # A connection must not be shared: each worker opens its own.
        connections.close_all()
