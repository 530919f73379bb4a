"""What a server loads before it starts its workers: they share it, and no first visitor waits.

Nothing here asks the database: a connection must not be shared.
"""

import gc

from django.template import engines
from django.urls import resolve

from referrals import pdf
from thresholds.sentences import encoder

# Every part of a summary that costs something the first time: letters, bold ones, a table.
FIRST_PAGE = """<html lang="en"><head><title>Warm</title></head><body><h1>Aa</h1>
<table><thead><tr><th scope="col">Aa</th></tr></thead><tbody><tr><td>Aa</td></tr></tbody></table>
<ul><li>Aa</li></ul></body></html>"""


def up() -> None:
    """Compile the pages, load the finder's model and the fonts, and make a first PDF."""
    pages = engines["jinja2"].env
    for name in pages.list_templates(extensions=["html"]):
        pages.get_template(name)
    resolve("/")
    encoder()
    pdf.printed(FIRST_PAGE)
    # What is there by now stays: to look for what can be thrown away would copy it to each worker.
    gc.collect()
    gc.freeze()
