"""What the chat says by mail, in the visitor's language: it answers, asks whose the address is, and sells nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The sentences of one language; named places are {shop} {link} {answer}."""

    automatic: str
    confirm_subject: str
    confirm_text: str
    answer_subject: str
    answer_text: str
    proved: str
    unproved: str


_LANGUAGES = {
    "en": Words(
        "(This is an automatic reply.)",
        "Your conversation with {shop}",
        "Somebody, most likely you, left this address in the chat of {shop}, so that the answer reaches you by mail.\n\n"
        "If it was you, open this page and press the button; there you can also read on and write:\n\n{link}\n\n"
        "If it was not you, the same page has a button for that, and no further mail comes.\n\n{shop}\n",
        "{shop} has answered you",
        "{answer}\n\n--\nTo read the whole conversation and to write back:\n{link}\n\n{why}\n\n{shop}\n",
        "You get this mail because you asked for the answer by mail.",
        "You get this mail because somebody left this address in our chat. If it was not you, say so on the page above.",
    ),
    "fr": Words(
        "(Ceci est une réponse automatique.)",
        "Votre conversation avec {shop}",
        "Quelqu’un, sans doute vous, a laissé cette adresse dans le chat de {shop} pour recevoir la réponse par courriel.\n\n"
        "Si c’était vous, ouvrez cette page et appuyez sur le bouton ; vous pourrez aussi y lire la suite et écrire :\n\n{link}\n\n"
        "Si ce n’était pas vous, la même page a un bouton pour le dire, et aucun autre courriel ne viendra.\n\n{shop}\n",
        "{shop} vous a répondu",
        "{answer}\n\n--\nPour lire toute la conversation et répondre :\n{link}\n\n{why}\n\n{shop}\n",
        "Vous recevez ce courriel parce que vous avez demandé la réponse par courriel.",
        "Vous recevez ce courriel parce que quelqu’un a laissé cette adresse dans notre chat. Si ce n’était pas vous, dites-le sur la page ci-dessus.",
    ),
    "zh": Words(
        "（这是自动回复。）",
        "您与{shop}的对话",
        "有人（多半是您本人）在{shop}的在线聊天中留下了这个邮箱，希望通过邮件收到答复。\n\n"
        "如果是您本人，请打开下面的页面并点击按钮；您也可以在那里继续阅读和留言：\n\n{link}\n\n"
        "如果不是您本人，同一页面上也有相应的按钮，点击后不会再收到邮件。\n\n{shop}\n",
        "{shop}已答复您",
        "{answer}\n\n--\n阅读完整对话并回复：\n{link}\n\n{why}\n\n{shop}\n",
        "您收到这封邮件，是因为您希望通过邮件收到答复。",
        "您收到这封邮件，是因为有人在我们的聊天中留下了这个邮箱。如果不是您本人，请在上面的页面中说明。",
    ),
}


def words(language: str) -> Words:
    """The words of a language, English where we have none of it.

    >>> words("zh-hans").automatic
    '（这是自动回复。）'
    """
    return _LANGUAGES.get(language.split("-", maxsplit=1)[0], _LANGUAGES["en"])
