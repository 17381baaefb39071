from django.apps import AppConfig


class SovereigntyConfig(AppConfig):
    name = "sovereignty"
    verbose_name = "Sovereignty"
