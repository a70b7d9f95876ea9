"""The two pages a customer sees when unsubscribing, in their language; nothing on them says who they are."""

import html
import re
from dataclasses import dataclass

from beizai.edge.http import Answer
from beizai.edge.office import Facts

_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")


@dataclass(frozen=True)
class Words:
    """The sentences of one language; `{shop}` is the shop's name."""

    code: str
    ask_title: str
    ask: str
    button: str
    done_title: str
    done: str
    rather: str


_LANGUAGES = {
    "en": Words(
        "en",
        "No more mail?",
        "Press the button and {shop} will send you no more advertising by email.",
        "Unsubscribe",
        "You are unsubscribed",
        "{shop} will send you no more advertising by email. A mail that is already under way may still arrive.",
        "Or choose what you receive, and how often",
    ),
    "fr": Words(
        "fr",
        "Ne plus recevoir de courriels ?",
        "Appuyez sur le bouton et {shop} ne vous enverra plus de publicité par courriel.",
        "Se désabonner",
        "Vous êtes désabonné",
        "{shop} ne vous enverra plus de publicité par courriel. Un message déjà parti peut encore arriver.",
        "Ou choisir ce que vous recevez, et à quel rythme",
    ),
    "zh": Words(
        "zh-Hans",
        "不再接收邮件？",
        "点击下面的按钮，{shop} 将不再向您发送推广邮件。",
        "退订",
        "您已退订",
        "{shop} 将不再向您发送推广邮件。已经发出的邮件可能仍会送达。",
        "或者选择您想收到的内容和频率",
    ),
}

_PAGE = """<!doctype html>
<html lang="{code}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
body{{font:1.1rem/1.6 system-ui,sans-serif;margin:0;background:#f6f6f4;color:#1c1c1a}}
main{{max-width:32rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:.75rem}}
h1{{font-size:1.5rem;margin:0 0 .5rem}}
button{{font:inherit;padding:.7rem 1.6rem;border:0;border-radius:.4rem;background:{colour};color:#fff;cursor:pointer}}
button:focus-visible{{outline:3px solid #1c1c1a;outline-offset:2px}}
@media(prefers-color-scheme:dark){{body{{background:#161615;color:#eee}}main{{background:#232321}}}}
</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>
"""
_FORM = '<form method="post"><input type="hidden" name="{name}" value="{value}"><button type="submit">{button}</button></form>'
_HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (b"vary", b"accept-language"),
)


def language(accepted: str) -> Words:
    """The best of our languages for an Accept-Language header; English where none is named.

    >>> language("fr-CA,fr;q=0.8,en;q=0.6").code, language("de, zh-CN;q=0.5").code, language("").code
    ('fr', 'zh-Hans', 'en')
    """
    wishes = []
    for place, wish in enumerate(accepted.split(",")[:20]):
        tag, _, weight = wish.partition(";q=")
        found = re.fullmatch(r"\s*([01](?:\.\d{0,3})?)\s*", weight) if weight else None
        wishes.append((-float(found[1]) if found else -1.0, place, tag.strip().lower().split("-")[0]))
    return next(
        (_LANGUAGES[tag] for weight, _, tag in sorted(wishes) if tag in _LANGUAGES and weight),
        _LANGUAGES["en"],
    )


def said(words: Words) -> str:
    """The words somebody who unsubscribes is shown, for the ledger."""
    return f"{words.ask_title} {words.button}"


def ask(facts: Facts, words: Words, one_click: str, preferences_url: str) -> Answer:
    """The page with the button, and the way to choose less instead of nothing."""
    name, _, value = one_click.partition("=")
    form = _FORM.format(name=name, value=value, button=html.escape(words.button))
    rather = f'<p><a href="{html.escape(preferences_url)}">{html.escape(words.rather)}</a></p>'
    return _page(facts, words.code, words.ask_title, words.ask, form + rather)


def done(facts: Facts, words: Words) -> Answer:
    """The page that says it is done."""
    return _page(facts, words.code, words.done_title, words.done, "")


def _page(facts: Facts, code: str, title: str, text: str, form: str) -> Answer:
    colour = facts.brand_colour if _COLOUR.fullmatch(facts.brand_colour) else "#1b4f86"
    page = _PAGE.format(
        code=code,
        title=html.escape(title),
        text=html.escape(text.format(shop=facts.shop_name)),
        form=form,
        colour=colour,
    )
    return Answer(200, page.encode(), "text/html; charset=utf-8", _HEADERS)
