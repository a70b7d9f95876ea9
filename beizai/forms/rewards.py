"""The lead magnet: a file or a coupon, given once the address is confirmed, fetched by a signed link."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F

from beizai.base import home, tokens
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.forms import links
from beizai.forms.models import AnswerSheet, Form, GivenReward, Reward, RewardKind

LARGEST_BYTES = 50_000_000
_GOOD = timedelta(days=30)
_MOST_DOWNLOADS = 20
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def set_file(form: Form, name: str, chunks: Iterable[bytes]) -> Reward:
    """Keeps a file as the form's reward; Invalid past 50 MB."""
    stored = f"{secrets.token_hex(12)}.bin"
    target = _path(stored)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > LARGEST_BYTES:
                break
            file.write(chunk)
    if size > LARGEST_BYTES:
        target.unlink()
        raise Invalid("The file is larger than 50 MB.")
    return _set(form, kind=RewardKind.FILE, name=Path(name).name[-200:], stored=stored, coupon="")


def set_coupon(form: Form, coupon: str) -> Reward:
    """A coupon as the form's reward: the same code for all, or with "" a code of their own for each."""
    return _set(form, kind=RewardKind.COUPON, name="", stored="", coupon=coupon.strip()[:40])


def take_away(form: Form) -> None:
    """No reward any more; what was given stays good, but for a file, which goes."""
    for reward in Reward.objects.filter(form=form):
        _unlink(reward)
        reward.delete()


def _set(form: Form, **values: str) -> Reward:
    with transaction.atomic():
        for before in Reward.objects.filter(form=form):
            _unlink(before)
        return Reward.objects.update_or_create(form=form, defaults=values)[0]


def _unlink(reward: Reward) -> None:
    if reward.stored:
        _path(reward.stored).unlink(missing_ok=True)


def _path(stored: str) -> Path:
    return home.current().uploads / "forms" / "rewards" / stored


def give(sheet: AnswerSheet, *, now: datetime) -> GivenReward | None:
    """Gives the form's reward to whoever filled in the sheet, once; None where the form has none."""
    reward = Reward.objects.filter(form_id=sheet.form_id).first()
    if reward is None:
        return None
    code = (reward.coupon or _code(sheet)) if reward.kind == RewardKind.COUPON else ""
    return GivenReward.objects.get_or_create(
        sheet=sheet, defaults={"customer_id": sheet.customer_id, "code": code, "given_at": now}
    )[0]


def _code(sheet: AnswerSheet) -> str:
    """A code of their own nobody can guess: 55 bits of a keyed hash, in groups of four."""
    key = tokens.derive_key(home.current().key("signing"), "form coupon")
    number = int.from_bytes(hmac.digest(key, sheet.key.encode(), hashlib.sha256)[:8], "big")
    signs = "".join(_ALPHABET[number >> 5 * place & 31] for place in range(12))
    return "-".join(signs[start : start + 4] for start in (0, 4, 8))


def download_path(given: GivenReward) -> str:
    """Where the file of a reward is fetched."""
    token = links.number(home.current().key("signing"), links.DOWNLOAD, given.pk)
    return f"{links.FILL_PATH}download/{token}/"


def download(token: str, *, now: datetime) -> tuple[Path, str]:
    """The file and its name; NotFound where the link is not ours, Forbidden after 30 days or 20 downloads."""
    number = links.read_number(home.current().key("signing"), links.DOWNLOAD, token)
    given = GivenReward.objects.select_related("sheet").filter(pk=number).first()
    reward = (
        Reward.objects.filter(form_id=given.sheet.form_id, kind=RewardKind.FILE).first() if given else None
    )
    if given is None or reward is None or not _path(reward.stored).is_file():
        raise NotFound("This file is gone.")
    if now - given.given_at > _GOOD or given.downloads >= _MOST_DOWNLOADS:
        raise Forbidden("This link is no longer good.", hint="Ask the shop for a new one.")
    GivenReward.objects.filter(pk=number).update(downloads=F("downloads") + 1)
    return _path(reward.stored), reward.name
