"""The comparison as a tagged PDF, for the partnership's meeting."""

from django.template.loader import render_to_string

from guidance_content.compare import Comparison
from referrals.pdf import printed
from thresholds.models import Edition


def comparison_pdf(before: Edition, after: Edition, comparison: Comparison) -> bytes:
    """Return the comparison of two editions. It may load nothing but the project's own files."""
    page = render_to_string(
        "editors/compare_pdf.html",
        {"before": before, "after": after, "comparison": comparison},
    )
    return printed(page, "compare.css")
