"""What a form shows everybody: the votes so far, the best scores, and the draw anyone can check."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from beizai.base.errors import NotFound
from beizai.forms import drawing, links, publishing, results
from beizai.forms.definition import Ask, Definition, said
from beizai.forms.models import Form, PrizeDraw
from beizai.office.forms.public import best_language, form_words, page, public, speak
from beizai.office.wording import number, percent


@require_safe
@public
def shown_results(request: HttpRequest, slug: str) -> HttpResponse:
    """The votes so far, where the form shows them."""
    form, definition, language = _seen(request, slug, "shows_results")
    found = results.of(form)
    bars = [
        (said(q.text, language, definition.languages[0]), _bars(found.questions[q.key].counts, q, language))
        for q in definition.questions
        if q.ask in (Ask.CHOICE, Ask.MANY)
    ]
    words = form_words(definition, language)
    return page("forms/results.html", words | {"bars": bars, "counted": number(found.counted)}, form=form)


def _bars(counts: Mapping[str, int], question: Any, language: str) -> list[tuple[str, str, str, int]]:
    total = max(sum(counts.values()), 1)
    rows = [(said(option.text, language), counts.get(option.key, 0)) for option in question.options]
    return [(name, number(count), percent(count / total), round(100 * count / total)) for name, count in rows]


@require_safe
@public
def shown_scores(request: HttpRequest, slug: str) -> HttpResponse:
    """The best scores, where the form shows them."""
    form, definition, language = _seen(request, slug, "shows_scores")
    rows = [
        (place, one.name or _("without a name"), number(one.points))
        for place, one in enumerate(results.scores(form), 1)
    ]
    return page("forms/scores.html", form_words(definition, language) | {"rows": rows}, form=form)


def _seen(request: HttpRequest, slug: str, what: str) -> tuple[Form, Definition, str]:
    form = publishing.get(slug)
    if form.version is None or not getattr(publishing.definition_of(form.version), what):
        raise NotFound("There is no such page.")
    definition = publishing.definition_of(form.version)
    language = best_language(definition, request)
    speak(language)
    return form, definition, language


def _draw(slug: str) -> tuple[Form, PrizeDraw]:
    form = publishing.get(slug)
    found = PrizeDraw.objects.filter(form=form).first()
    if found is None:
        raise NotFound("There is no such page.")
    return form, found


@require_safe
@public
def shown_draw(request: HttpRequest, slug: str) -> HttpResponse:
    """The promise before the draw; the seed, the entries, the winners and the recipe after it."""
    form, found = _draw(slug)
    definition = results.current(form)
    language = best_language(definition, request)
    speak(language)
    drawn = drawing.drawn(found) if found.drawn_at is not None else None
    context = form_words(definition, language) | {
        "draw": found,
        "drawn": drawn,
        "entries": len(found.codes),
        "entries_url": f"{links.FILL_PATH}{form.slug}/draw/entries.txt",
    }
    return page("forms/draw.html", context, form=form)


@require_safe
@public
def entries(request: HttpRequest, slug: str) -> HttpResponse:
    """The published list of entry codes, one to a line."""
    _form, found = _draw(slug)
    if found.drawn_at is None:
        raise NotFound("There is no such page.")
    return HttpResponse("\n".join(found.codes), content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("f/<slug:slug>/results/", shown_results, name="form_shown_results"),
    path("f/<slug:slug>/scores/", shown_scores, name="form_shown_scores"),
    path("f/<slug:slug>/draw/", shown_draw, name="form_shown_draw"),
    path("f/<slug:slug>/draw/entries.txt", entries, name="form_entries"),
]
