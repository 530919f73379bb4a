from django.apps import AppConfig


class GuidanceContentConfig(AppConfig):
    name = "guidance_content"
