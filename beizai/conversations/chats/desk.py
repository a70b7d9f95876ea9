"""The shop's side of the chat: its hours, who is there now, and what is said by itself."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import F

from beizai.base import clock, home
from beizai.base.errors import Invalid
from beizai.conversations import talking
from beizai.conversations.chats import hours, wording
from beizai.conversations.models import Chat, Conversation, Desk, Presence, Speaker
from beizai.conversations.talking import Also
from beizai.staff.models import Shop, User
from beizai.staff.shop import shop

LANGUAGES = ("en", "zh-hans", "fr")
_FRESH_SECONDS = 2.0
_kept: dict[str, tuple[float, "Seen"]] = {}
_THERE = timedelta(seconds=75)  # the inbox says every few seconds that it is open
_LONGEST_WORDS, _MOST_SITES = 1_000, 20
_FORM = re.compile(r"/f/[-\w]{1,80}/")


@dataclass(frozen=True)
class Standing:
    """Who a visitor meets: "here" (somebody is at the desk), "soon" (nobody just now), "away" (outside the hours, with
    the time it opens), "closed" (there is no chat)."""

    state: str
    opens_at: datetime | None = None


def desk() -> Desk:
    """The desk as it is set; as it comes where nothing was set."""
    return Desk.objects.filter(pk=1).first() or Desk(pk=1)


def standing(found: Desk, *, now: datetime, at: datetime) -> Standing:
    """Who is there. Hours go by the home's time `now`, presence by the machine's `at`."""
    if not found.open:
        return Standing("closed")
    week, zone = hours.read(found.hours, found.holidays), clock.zone(shop().timezone)
    if not hours.is_open(week, now, zone):
        return Standing("away", hours.next_opening(week, now, zone))
    return Standing("here" if anybody_here(at) else "soon")


@dataclass(frozen=True)
class Seen:
    """The desk and who is there, as they were a moment ago."""

    desk: Desk
    standing: Standing


def lately(now: Callable[[], datetime], *, at: datetime) -> Seen:
    """The desk and its standing, looked up at most every two seconds in a process: hundreds of pages ask for them again and again."""
    place = str(home.current().root)
    looked_at, seen = _kept.get(place, (0.0, None))
    if seen is None or time.monotonic() - looked_at > _FRESH_SECONDS:
        found = desk()
        seen = Seen(found, standing(found, now=now(), at=at))
        _kept[place] = (time.monotonic(), seen)
    return seen


def _look_again() -> None:
    _kept.clear()


def anybody_here(at: datetime) -> bool:
    """Whether a member of staff has the inbox open and says that they are there."""
    rows = Presence.objects.filter(here=True, user__is_active=True)
    return rows.filter(seen_at__gt=at - _THERE, seen_at__lte=at + _THERE).exists()


def seen(user: User, *, at: datetime) -> bool:
    """The inbox of this person is open; whether they say that they are there."""
    found, made = Presence.objects.get_or_create(user=user, defaults={"seen_at": at})
    if not made and (at - found.seen_at).total_seconds() > 10:
        Presence.objects.filter(pk=user.pk).update(seen_at=at)
    return found.here


def say_here(user: User, here: bool, *, at: datetime) -> None:
    """They are there, or no longer."""
    Presence.objects.update_or_create(user=user, defaults={"here": here, "seen_at": at})
    _look_again()


def is_late(chat: Chat, found: Desk, *, at: datetime) -> bool:
    """Whether the visitor has waited longer than the desk says an answer takes."""
    since = chat.waits_since
    return since is not None and at - since > timedelta(minutes=found.answer_minutes)


def reply(chat: Chat, *, now: datetime) -> None:
    """The automatic reply to a first message, once, with the link to the form; it says that it is automatic."""
    found, here = desk(), shop()
    text = said(found.reply, chat.language)
    if not text:
        return
    talking.say(
        chat.pk,
        automatic(found, text, here, chat.language),
        speaker=Speaker.STAFF,
        said_at=now,
        by=None,
        also=Also(key="automatic", automatic=True),
    )


def automatic(found: Desk, text: str, here: Shop, language: str) -> str:
    """An automatic reply: its words, the link to the form, and the sentence that says that it is automatic."""
    link = f"\n{here.public_url.rstrip('/')}{found.form_path}" if found.form_path else ""
    return f"{text}{link}\n{wording.words(language).automatic}"


def said(texts: Mapping[str, Any], language: str) -> str:
    """A text of the desk's in this language, else in English, else in the first it has; "" where it has none."""
    held = {key: str(text).strip() for key, text in texts.items() if str(text).strip()}
    return held.get(language) or held.get("en") or next(iter(held.values()), "")


def change(values: Mapping[str, Any]) -> Desk:
    """Sets what is named. Invalid says which of it cannot be; then nothing is changed."""
    found = desk()
    for name, value in values.items():
        if name not in _READ:
            raise Invalid(
                "The desk has no “{name}”.", name=name, hint="It has {names}.", names=", ".join(_READ)
            )
        setattr(found, name, _READ[name](value))
    hours.read(found.hours, found.holidays)
    found.save()
    _look_again()
    return found


def _words(given: Any) -> dict[str, str]:
    found = {key: str(text).strip() for key, text in dict(given).items() if key in LANGUAGES}
    if any(len(text) > _LONGEST_WORDS for text in found.values()):
        raise Invalid(
            "The text has over {most} characters.", most=_LONGEST_WORDS, hint="Say it in fewer words."
        )
    return found


def _minutes(given: Any) -> int:
    if not str(given).isdecimal() or not 1 <= int(given) <= 600:
        raise Invalid(
            "“{text}” is not a whole number from {low} to {high}.", text=str(given), low=1, high=600
        )
    return int(given)


def _form(given: Any) -> str:
    path = str(given).strip()
    if path and not _FORM.fullmatch(path):
        raise Invalid("“{text}” is no form of ours.", text=path, hint="Its address begins with /f/.")
    return path


def _privacy(given: Any) -> str:
    url = str(given).strip()
    if url and (
        urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).hostname or len(url) > 300
    ):
        raise Invalid("“{text}” is no address of a page.", text=url, hint="It begins with https://.")
    return url


def _sites(given: Any) -> list[str]:
    found = []
    for text in given:
        parts = urlsplit(str(text).strip().rstrip("/"))
        plain = parts.scheme in ("https", "http") and parts.hostname and not parts.path and not parts.query
        if not plain or re.search(r"[\s;,'\"]", parts.netloc) or "@" in parts.netloc:
            raise Invalid("“{text}” is no site.", text=str(text), hint="Write https://www.example.com.")
        found.append(f"{parts.scheme}://{parts.netloc.lower()}")
    if len(found) > _MOST_SITES:
        raise Invalid("There are over {most} sites.", most=_MOST_SITES)
    return sorted(set(found))


def _hours(given: Any) -> dict[str, Any]:
    return {str(day): spans for day, spans in dict(given).items() if spans}


_READ: Mapping[str, Any] = {
    "open": bool,
    "hours": _hours,
    "holidays": lambda given: sorted({str(day) for day in given}),
    "answer_minutes": _minutes,
    "greeting": _words,
    "reply": _words,
    "form_path": _form,
    "privacy_url": _privacy,
    "sites": _sites,
    "mail_reply": bool,
}


def waiting() -> int:
    """How many conversations have something in them that no member of staff has read; at most a hundred are counted."""
    return Conversation.objects.filter(heard_id__gt=F("read_id"))[:100].count()
