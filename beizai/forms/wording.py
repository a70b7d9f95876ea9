"""The confirmation mail in the customer's language: it asks, and sells nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The sentences of one language; named places are {shop} {title} {link} {hours}."""

    mail_subject: str
    mail_text: str


_LANGUAGES = {
    "en": Words(
        "Please confirm: {title}",
        "Somebody, most likely you, filled in “{title}” of {shop} with this address.\n\n"
        "To confirm it, open this page and press the button (good for {hours} hours):\n\n{link}\n\n"
        "If it was not you, do nothing: without the button nothing happens, and what was entered is deleted.\n\n{shop}\n",
    ),
    "fr": Words(
        "Merci de confirmer : {title}",
        "Quelqu’un, sans doute vous, a rempli « {title} » de {shop} avec cette adresse.\n\n"
        "Pour confirmer, ouvrez cette page et appuyez sur le bouton (valable {hours} heures) :\n\n{link}\n\n"
        "Si ce n’était pas vous, ne faites rien : sans le bouton il ne se passe rien, et la saisie est effacée.\n\n{shop}\n",
    ),
    "zh": Words(
        "请确认：{title}",
        "有人（多半是您本人）用这个邮箱填写了{shop}的“{title}”。\n\n"
        "请打开下面的页面并点击按钮确认（{hours} 小时内有效）：\n\n{link}\n\n"
        "如果不是您本人，无需理会：不点按钮就不会有任何操作，所填内容会被删除。\n\n{shop}\n",
    ),
}


def words(language: str) -> Words:
    """The words of a language, English where we have none of it.

    >>> words("zh-hans").mail_subject[:4]
    '请确认：'
    """
    return _LANGUAGES.get(language.split("-", maxsplit=1)[0], _LANGUAGES["en"])
