"""A form before its customers: the preview, publishing and closing, its link, its frame and the code to scan."""

import io

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beizai.base import clock, home
from beizai.base.errors import Invalid
from beizai.customers import cards
from beizai.forms import links, publishing
from beizai.forms.definition import Definition, read
from beizai.forms.models import Form
from beizai.forms.walking import pages as pages_of
from beizai.office.forms import public
from beizai.office.forms.pages import found, head, languages_of
from beizai.office.forms.questions import asked
from beizai.office.frame import frame
from beizai.office.permissions import needs, person
from beizai.staff import audit
from beizai.staff.roles import May


@xframe_options_sameorigin
@require_safe
@needs(May.IMPORT)
def preview(request: HttpRequest, form_id: int) -> HttpResponse:
    """A page of the draft as customers will see it; nothing is kept from here."""
    form = found(form_id)
    draft = read(form.draft)
    every = pages_of(draft)
    wanted = request.GET.get("page", "0")
    at = min(
        int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 0,
        max(len(every) - 1, 0),
    )
    language = request.GET.get("lang", draft.languages[0])
    shown = asked(draft, every[at] if every else (), language, values={}, problems={})
    context = public.form_words(draft, language) | {
        "questions": shown,
        "number": at,
        "count": len(every),
        "first": at == 0,
        "last": at >= len(every) - 1,
        "preview": True,
    }
    return public.page("forms/page.html", context)


@require_safe
@needs(May.IMPORT)
def preview_frame(request: HttpRequest, form_id: int) -> HttpResponse:
    """The preview with its pages and languages to choose from."""
    form = found(form_id)
    context = head(request, form, "form")
    draft: Definition = context["draft"]
    wanted = request.GET.get("page", "0")
    context |= {
        "page": int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 0,
        "count": len(pages_of(draft)),
        "numbers": [(n, n + 1) for n in range(len(pages_of(draft)))],
        "lang": request.GET.get("lang", draft.languages[0]),
        "languages": languages_of(draft),
    }
    return render(request, "office/forms/preview.html", context)


@require_POST
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def publish(request: HttpRequest, form_id: int) -> HttpResponse:
    """The draft becomes what customers see."""
    version = publishing.publish(form_id, now=frame().now, user=person(request))
    audit.record(
        "form.published", at=frame().now, user=person(request), form=version.form.slug, version=version.number
    )
    messages.success(
        request,
        _("Version %(n)s is open.") % {"n": version.number},
        extra_tags=reverse("form_close", args=[form_id]),
    )
    return redirect("form_share", form_id)


@require_POST
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def close(request: HttpRequest, form_id: int) -> HttpResponse:
    """Nobody can answer any more."""
    publishing.close(form_id, now=frame().now)
    audit.record("form.closed", at=frame().now, user=person(request), form=found(form_id).slug)
    messages.success(request, _("The form is closed."), extra_tags=reverse("form_publish", args=[form_id]))
    return redirect("form", form_id)


@require_POST
@needs(May.IMPORT, May.EDIT_CAMPAIGNS)
def remove(request: HttpRequest, form_id: int) -> HttpResponse:
    """Takes away a form that was never published."""
    publishing.remove(form_id)
    messages.success(request, _("The form is gone."))
    return redirect("forms")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(May.IMPORT)
def share(request: HttpRequest, form_id: int) -> HttpResponse:
    """The link, the code for a frame, and a link of their own for a known customer."""
    form = found(form_id)
    if request.method == "POST":
        publishing.embed_on(form.pk, request.POST.get("sites", ""), now=frame().now)
        messages.success(request, _("The sites are saved."))
        return redirect("form_share", form.pk)
    url = f"{frame().shop.public_url.rstrip('/')}{links.FILL_PATH}{form.slug}/"
    draft = read(form.draft)
    context = head(request, form, "form_share") | {
        "url": url,
        "urls": [(name, f"{url}?lang={code}") for code, name in languages_of(draft)]
        if len(draft.languages) > 1
        else [],
        "embed": f'<iframe src="{url}" title="{form.name}" width="100%" height="700" loading="lazy"></iframe>',
        "draw_url": f"{url}draw/",
        "qr": qr_svg(url),
        "customer": request.GET.get("customer", ""),
        "personal": _personal(request, form, url),
    }
    return render(request, "office/forms/share.html", context)


def _personal(request: HttpRequest, form: Form, url: str) -> str:
    """The link by which one customer need not say who she is."""
    text = request.GET.get("customer", "").strip().lstrip("#")
    if not text:
        return ""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Invalid(_("Write the number of the card."), hint=_("It stands in the address of the card."))
    customer = cards.get(int(text))
    token = links.personal(home.current().key("signing"), form.pk, customer.pk, now=clock.machine_now())
    return f"{url}?k={token}"


def qr_svg(url: str) -> str:
    """The link as a picture to be scanned; empty where the package segno is not installed."""
    try:
        import segno
    except ImportError:
        return ""
    target = io.BytesIO()
    segno.make(url, error="m").save(
        target, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, omitsize=False
    )
    return target.getvalue().decode()


urlpatterns = [
    path("collection/forms/<int:form_id>/preview/", preview_frame, name="form_preview"),
    path("collection/forms/<int:form_id>/preview/page/", preview, name="form_preview_page"),
    path("collection/forms/<int:form_id>/publish/", publish, name="form_publish"),
    path("collection/forms/<int:form_id>/close/", close, name="form_close"),
    path("collection/forms/<int:form_id>/remove/", remove, name="form_remove"),
    path("collection/forms/<int:form_id>/share/", share, name="form_share"),
]
