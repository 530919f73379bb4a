from django.db import models


class Option(models.Model):
    text = models.CharField(max_length=200)


class Sheet(models.Model):
    """What is updated at every POST."""

    changed_at = models.DateTimeField(auto_now=True)


class Entry(models.Model):
    """What is inserted at every POST."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE)
    chosen = models.JSONField()
