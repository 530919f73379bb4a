"""The prose of the guidance, in the project's own words, citing the section it explains."""

from django.db import models

from thresholds.models import CodedRow


class Page(CodedRow):
    """A page of guidance in Markdown. `code` is its address."""

    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300)
    body = models.TextField()

    def __str__(self) -> str:
        return self.title
