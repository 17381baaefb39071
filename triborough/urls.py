"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView, TemplateView

from triborough.signing_in import SignIn

# An administrator opens accounts and appoints people. Tokens, groups and the schedule of
# tasks must not be changed by hand.
OURS = {"sovereignty"}
for _model in list(admin.site._registry):  # noqa: SLF001
    if _model._meta.app_label not in OURS:  # noqa: SLF001
        admin.site.unregister(_model)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("savings.setup.urls")),
    path("sign-in/", SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    # Browsers look here for the icon of addresses that are not pages, such as API answers.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("images/favicon.png"))),
    path(
        "accessibility/",
        TemplateView.as_view(template_name="triborough/accessibility.html"),
        name="accessibility",
    ),
    path("admin/", admin.site.urls),
    path("agreements/", include("savings.agreements.urls")),
    path("agreements/", include("savings.budgets.urls")),
    path("agreements/", include("savings.formulas.urls")),
    path("api/v1/", include("triborough.api_urls")),
    path("", include("savings.calendar.urls")),
    path("boroughs/", include("savings.boroughs.urls")),
    path("comparison/", include("savings.comparison.urls")),
    path("dividing/", include("savings.dividing.urls")),
    path("drivers/", include("savings.register.urls")),
    path("drivers/", include("savings.trueup.urls")),
    path("entries/", include("savings.attribution.urls")),
    path("", include("savings.forecasts.urls")),
    path("history/", include("savings.history.urls")),
    path("questions/", include("savings.returns.questions.urls")),
    path("fairness/", include("savings.fairness.urls")),
    path("record/", include("savings.record.urls")),
    path("returns/", include("savings.filling.urls")),
    path("returns/", include("savings.uploads.urls")),
    path("services/", include("savings.arranging.urls")),
    path("services/", include("savings.sharing.urls")),
    path("what-if/", include("savings.whatif.urls")),
]

handler500 = "triborough.problems.server_error"
