"""A form to begin with for each kind, in three languages: nobody starts from an empty page."""

import msgspec

from beizai.forms.definition import (
    Ask,
    Definition,
    Ending,
    Jump,
    Kind,
    Option,
    Question,
    Texts,
    When,
)

LANGUAGES = ("en", "zh-hans", "fr")


def _t(en: str, zh: str, fr: str) -> Texts:
    return {"en": en, "zh-hans": zh, "fr": fr}


_THANKS = _t(
    "Thank you. Your answers have arrived.", "谢谢您，回答已收到。", "Merci, vos réponses sont bien arrivées."
)
_REACH = Question(
    "contact",
    Ask.CONTACT,
    _t("How do we reach you?", "怎样联系您？", "Comment vous joindre ?"),
    new_page=True,
    parts=("name", "email"),
    needs=("email",),
)
_NEWS = Question(
    "news",
    Ask.CONSENT,
    _t(
        "Yes, send me news and offers by email. I can end this at any time by one click.",
        "是的，请通过电子邮件向我发送新品和优惠信息。我可以随时一键退订。",
        "Oui, envoyez-moi vos nouveautés et offres par e-mail. Je peux y mettre fin à tout moment en un clic.",
    ),
)


def _survey() -> Definition:
    return Definition(
        Kind.SURVEY,
        title=_t("How was it with us?", "您对我们满意吗？", "Comment était-ce chez nous ?"),
        intro=_t("Four short questions.", "四个简短的问题。", "Quatre courtes questions."),
        thanks=_THANKS,
        questions=(
            Question(
                "recommend",
                Ask.NPS,
                _t(
                    "How likely are you to recommend us to a friend?",
                    "您有多大可能向朋友推荐我们？",
                    "Nous recommanderiez-vous à un ami ?",
                ),
                required=True,
                low_text=_t("not at all", "完全不会", "pas du tout"),
                high_text=_t("certainly", "一定会", "certainement"),
                jumps=(Jump("liked", When.AT_LEAST, "9"),),
            ),
            Question(
                "better",
                Ask.TEXT,
                _t("What should we do better?", "我们应该改进什么？", "Que devrions-nous améliorer ?"),
                new_page=True,
                jumps=(Jump("often"),),
            ),
            Question(
                "liked",
                Ask.TEXT,
                _t("What did you like best?", "您最喜欢什么？", "Qu’avez-vous préféré ?"),
                new_page=True,
            ),
            Question(
                "often",
                Ask.CHOICE,
                _t("How often do you come?", "您多久来一次？", "Venez-vous souvent ?"),
                new_page=True,
                options=(
                    Option("week", _t("every week", "每周", "chaque semaine")),
                    Option("month", _t("every month", "每月", "chaque mois")),
                    Option("rarely", _t("less often", "更少", "moins souvent")),
                ),
            ),
        ),
    )


def _quiz() -> Definition:
    return Definition(
        Kind.QUIZ,
        title=_t("What do you know about tea?", "您了解茶吗？", "Connaissez-vous le thé ?"),
        questions=(
            Question(
                "plant",
                Ask.CHOICE,
                _t(
                    "Do green and black tea come from the same plant?",
                    "绿茶和红茶来自同一种植物吗？",
                    "Le thé vert et le thé noir viennent-ils de la même plante ?",
                ),
                required=True,
                options=(
                    Option("yes", _t("yes", "是", "oui"), points=1),
                    Option("no", _t("no", "不是", "non")),
                ),
            ),
            Question(
                "water",
                Ask.CHOICE,
                _t("How hot for green tea?", "绿茶用多热的水？", "Quelle eau pour le thé vert ?"),
                required=True,
                new_page=True,
                options=(
                    Option("75", _t("75 °C", "75 °C", "75 °C"), points=1),
                    Option("100", _t("100 °C", "100 °C", "100 °C")),
                ),
            ),
        ),
        endings=(
            Ending(_t("There is more to discover.", "还有很多可以发现。", "Il reste à découvrir.")),
            Ending(_t("You know your tea.", "您很懂茶。", "Vous vous y connaissez."), from_score=2),
        ),
    )


def _vote() -> Definition:
    return Definition(
        Kind.VOTE,
        title=_t("Which one shall we make?", "我们该做哪一款？", "Lequel ferons-nous ?"),
        intro=_t("One vote each.", "每人一票。", "Une voix par personne."),
        thanks=_THANKS,
        confirm=True,
        once=True,
        shows_results=True,
        questions=(
            Question(
                "vote",
                Ask.CHOICE,
                _t("Your choice", "您的选择", "Votre choix"),
                required=True,
                options=(
                    Option("first", _t("The first", "第一款", "Le premier")),
                    Option("second", _t("The second", "第二款", "Le deuxième")),
                ),
            ),
            _REACH,
        ),
    )


def _contest() -> Definition:
    return Definition(
        Kind.CONTEST,
        title=_t("Win a tea set", "赢取一套茶具", "Gagnez un service à thé"),
        intro=_t(
            "One entry each. The draw can be checked by anyone.",
            "每人一次参加机会。抽奖结果人人可核对。",
            "Une participation par personne. Chacun peut vérifier le tirage.",
        ),
        thanks=_THANKS,
        confirm=True,
        once=True,
        questions=(
            Question(
                "guess",
                Ask.NUMBER,
                _t(
                    "How many cups are on the picture?",
                    "图中有多少只杯子？",
                    "Combien de tasses sur l’image ?",
                ),
                required=True,
            ),
            _REACH,
            _NEWS,
        ),
    )


def _sign_up() -> Definition:
    consent = Question("news", Ask.CONSENT, _NEWS.text, required=True)
    return Definition(
        Kind.SIGN_UP,
        title=_t("News from the shop", "店铺消息", "Les nouvelles de la boutique"),
        intro=_t("About one mail a month.", "大约每月一封邮件。", "Environ un e-mail par mois."),
        thanks=_t("You are on the list.", "您已订阅。", "Vous êtes inscrit à la liste."),
        confirm=True,
        questions=(
            Question("contact", Ask.CONTACT, _REACH.text, parts=("name", "email"), needs=("email",)),
            consent,
        ),
    )


def _enquiry() -> Definition:
    return Definition(
        Kind.ENQUIRY,
        title=_t("Ask for an offer", "询价", "Demander une offre"),
        thanks=_t("Thank you. We shall answer you.", "谢谢，我们会答复您。", "Merci, nous vous répondrons."),
        questions=(
            Question(
                "what",
                Ask.TEXT,
                _t("What do you wish?", "您需要什么？", "Que souhaitez-vous ?"),
                required=True,
            ),
            Question("pieces", Ask.NUMBER, _t("How many?", "多少件？", "Combien ?")),
            Question("by", Ask.DATE, _t("By when?", "何时需要？", "Pour quand ?")),
            Question(
                "picture", Ask.PHOTO, _t("A picture, if it helps", "如有图片请附上", "Une photo, si utile")
            ),
            Question(
                "contact",
                Ask.CONTACT,
                _REACH.text,
                new_page=True,
                parts=("name", "email", "phone"),
                needs=("name", "email"),
            ),
        ),
    )


_STARTERS = {
    Kind.SURVEY: _survey,
    Kind.QUIZ: _quiz,
    Kind.VOTE: _vote,
    Kind.CONTEST: _contest,
    Kind.SIGN_UP: _sign_up,
    Kind.ENQUIRY: _enquiry,
}


def starter(kind: Kind, languages: tuple[str, ...] = LANGUAGES) -> Definition:
    """The form a shop begins with; languages we have no words in begin with the English ones."""
    form = _STARTERS[kind]()
    return _in(form, languages)


def _in(form: Definition, languages: tuple[str, ...]) -> Definition:
    def texts(one: Texts) -> Texts:
        return {language: one.get(language, one["en"]) for language in languages} if one else {}

    questions = tuple(
        msgspec.structs.replace(
            question,
            text=texts(question.text),
            low_text=texts(question.low_text),
            high_text=texts(question.high_text),
            options=tuple(
                msgspec.structs.replace(option, text=texts(option.text)) for option in question.options
            ),
        )
        for question in form.questions
    )
    return msgspec.structs.replace(
        form,
        languages=languages,
        title=texts(form.title),
        intro=texts(form.intro),
        thanks=texts(form.thanks),
        questions=questions,
        endings=tuple(msgspec.structs.replace(end, text=texts(end.text)) for end in form.endings),
    )
