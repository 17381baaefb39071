"""The page that documents the API, drawn from its schema."""

from django.views.generic import TemplateView


class Docs(TemplateView):
    template_name = "triborough/api_docs.html"
