"""The comparison as a tagged PDF, for the partnership's meeting."""

from django.template.loader import render_to_string
from weasyprint import CSS, HTML

from guidance_content.compare import Comparison
from referrals.pdf import OWN_FILES, OwnFilesOnly, style, tidied
from thresholds.models import Edition


def comparison_pdf(before: Edition, after: Edition, comparison: Comparison) -> bytes:
    """Return the comparison of two editions. It may load nothing but the project's own files."""
    sheet, fonts = style()
    own = CSS(filename=OWN_FILES / "compare.css", font_config=fonts, url_fetcher=OwnFilesOnly())
    page = render_to_string(
        "editors/compare_pdf.html",
        {"before": before, "after": after, "comparison": comparison},
    )
    with tidied():
        html = HTML(string=page, base_url=OWN_FILES.as_uri() + "/", url_fetcher=OwnFilesOnly())
        return html.write_pdf(stylesheets=[sheet, own], font_config=fonts, pdf_variant="pdf/ua-1")
