"""The message compiler: what a marketer wrote, checked, and filled the same on the fast way and the slow one."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beizai.base.errors import Invalid, NotFound
from beizai.channels.compile import (
    Field,
    Fields,
    Mail,
    Recipient,
    Sender,
    Source,
    compile_mail,
    outgoing,
    read_return_path,
    return_path,
    subject_line,
)
from beizai.channels.compile.bodies import LiquidBody, SegmentBody, body, cleaned
from beizai.channels.compile.liquid import HTML, TEXT, parse
from beizai.channels.compile.quoted import clean

FIELDS = Fields(
    [
        Field("customer.first_name", "first name", "Ann"),
        Field("customer.city", "city", "Paris"),
        Field("customer.shoe_size", "shoe size", "38", sensitive=True),
        Field("shop.name", constant="Chez <Zoé>"),
        Field("shop.url", constant="https://shop.example", url=True),
        Field("shop.postal_address", constant="1 rue du Bac\n75007 Paris"),
    ]
)
FOOT = '<mj-text>{{ shop.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>'
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENDER = Sender("Zoé", "news@shop.example", "", "Chez Zoé", 7, b"k" * 32)


def mjml(inner: str, *, foot: str = FOOT) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inner}{foot}</mj-column></mj-section></mj-body></mjml>"


def source(
    inner: str = "<mj-text>Hello</mj-text>",
    *,
    subject: str = "News",
    preheader: str = "",
    foot: str = FOOT,
    text: str = "",
) -> Source:
    return Source(subject=subject, preheader=preheader, markup=mjml(inner, foot=foot), text=text)


def compiled(inner: str = "<mj-text>Hello</mj-text>", **given: str) -> Mail:
    return compile_mail(source(inner, **given), FIELDS)


def recipient(**values: str) -> Recipient:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return Recipient(
        12, "ann@example.test", named, "https://t.example/t/c/TOKEN", "https://t.example/t/u/TOKEN"
    )


def read(mail: Mail, person: Recipient | None = None) -> EmailMessage:
    data = outgoing(mail, SENDER, person or recipient(), number=1, at=NOW).data
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def refusal(inner: str = "<mj-text>Hello</mj-text>", **given: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        compiled(inner, **given)
    return caught.value


# What is refused


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    error = refusal("<mj-text>{{ customer.firstname }}</mj-text>")
    assert "customer.firstname" in error.message
    assert "customer.first_name" in error.hint


def test_an_unknown_field_in_the_subject_is_refused() -> None:
    assert "nome" in refusal(subject="Hi {{ nome }}").message


@pytest.mark.parametrize(
    "inner",
    [
        "<mj-text>{% for i in (1..1000000000) %}x{% endfor %}</mj-text>",
        "<mj-text>{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}</mj-text>",
        "<mj-text>{% assign a = 'aaaa' %}{% for i in (1..900) %}{% assign a = a | append: a %}{% endfor %}</mj-text>",
        "<mj-text>{{ (1..1000000000) | join }}</mj-text>",
        "<mj-text>{{ 'aaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaaaaaaaa'" * 12 + " | size }}</mj-text>",
        "<mj-text>{{ 'aaaaaaaa'" + " | split: '' | join: 'aaaaaaaaaaaaaaaa'" * 12 + " | size }}</mj-text>",
    ],
)
def test_a_loop_that_never_ends_is_refused(inner: str) -> None:
    assert refusal(inner).code == "template"


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<mj-text>{% if customer.city %}in</mj-text>", "cannot be read"),
        ("<mj-text>{{ customer.city </mj-text>", "cannot be read"),
        ("<mj-text>{{ customer.city | shout }}</mj-text>", "filter"),
        ("<mj-text>{% include 'x' %}</mj-text>", "tag"),
        ("<mj-text>{{ 'now' | date: '%Y' }}</mj-text>", "time"),
        ("<mj-text>not closed", "not MJML"),
        ('<mj-include path="/etc/passwd" />', "includes another file"),
        ("<mj-text><script>alert(1)</script></mj-text>", "script"),
        ("<mj-wrapper>" * 3_000 + "</mj-wrapper>" * 3_000, "deep"),
        ("<mj-text>" + "<div>" * 5_000 + "</div>" * 5_000 + "</mj-text>", "deep"),
        ("<mj-text>" + "<p>" * 500 + "<script>" + "</mj-text>", "script"),
        ('<mj-button href="shop.example">x</mj-button>', "link"),
        ('<mj-button href="{{ customer.city }}">x</mj-button>', "link"),
    ],
)
def test_what_cannot_work_is_refused_in_words(inner: str, said: str) -> None:
    error = refusal(inner)
    assert said in error.message
    assert error.hint


def test_the_line_of_a_mistake_is_named() -> None:
    assert "line 3" in refusal("\n\n<mj-text>{% if %}</mj-text>").message


def test_a_sensitive_field_may_stand_in_the_mail_but_not_in_its_subject() -> None:
    assert "customer.shoe_size" in compiled("<mj-text>{{ customer.shoe_size }}</mj-text>").fields
    assert refusal(subject="Size {{ customer.shoe_size }}").code == "sensitive_subject"
    assert refusal(preheader="Size {{ customer.shoe_size }}").code == "sensitive_subject"


@pytest.mark.parametrize(
    ("foot", "code"),
    [
        ('<mj-text><a href="{{ unsubscribe_url }}">x</a></mj-text>', "postal_address"),
        ("<mj-text>{{ shop.postal_address }}</mj-text>", "unsubscribe"),
        (
            FOOT.replace("<mj-text>", "<mj-text>{% if customer.city %}").replace(
                "</mj-text>", "{% endif %}</mj-text>"
            ),
            "",
        ),
    ],
)
def test_a_marketing_mail_shows_the_address_and_the_way_out_to_everybody(foot: str, code: str) -> None:
    error = refusal(foot=foot)
    assert error.code == code or error.code in ("postal_address", "unsubscribe")


def test_a_shop_without_a_postal_address_sends_no_marketing() -> None:
    fields = Fields([Field("shop.postal_address", constant=""), Field("shop.name", constant="S")])
    with pytest.raises(Invalid, match="no postal address"):
        compile_mail(source(), fields)


def test_a_service_mail_needs_neither() -> None:
    compile_mail(replace(source(foot=""), marketing=False), FIELDS)


# What comes out


def test_text_comes_first_and_both_parts_say_the_same() -> None:
    message = read(
        compiled("<mj-text>Hello {{ customer.first_name }}</mj-text>"), recipient(customer__first_name="Zoë")
    )
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]
    assert "Hello Zoë" in part(message, "plain")
    assert "Hello Zoë" in part(message, "html")


def test_the_unsubscribe_headers_are_one_click() -> None:
    message = read(compiled())
    assert message["List-Unsubscribe"] == "<https://t.example/t/u/TOKEN>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<news.shop.example>"
    assert message["Feedback-ID"] == "7:marketing:beizai:shop.example"


def test_the_message_id_is_the_same_each_time() -> None:
    assert read(compiled())["Message-ID"] == read(compiled("<mj-text>Other</mj-text>"))["Message-ID"]


def test_the_return_path_names_its_mail_and_cannot_be_forged() -> None:
    path = return_path(SENDER, 12)
    assert (
        read_return_path(SENDER.key, path).campaign_id,
        read_return_path(SENDER.key, path).recipient_id,
    ) == (7, 12)
    with pytest.raises(NotFound):
        read_return_path(SENDER.key, path.replace("-12-", "-13-"))


def test_links_are_numbered_and_the_fixed_list_of_targets_is_kept() -> None:
    mail = compiled('<mj-button href="https://shop.example/a?b=1&amp;c=2">Buy</mj-button>' * 2)
    assert [(link.number, link.url, link.label) for link in mail.links] == [
        (1, "https://shop.example/a?b=1&c=2", "Buy"),
        (2, "https://shop.example/a?b=1&c=2", "Buy"),
    ]
    page = part(read(mail), "html")
    assert 'href="https://t.example/t/c/TOKEN.1"' in page
    assert 'href="https://t.example/t/c/TOKEN.2"' in page
    assert "shop.example/a" not in page


def test_a_link_to_what_is_the_same_for_everybody_is_tracked() -> None:
    mail = compiled(
        '<mj-button href="{{ shop.url }}/tea">Tea</mj-button><mj-button href="{{ shop.url }}">Us</mj-button>'
    )
    assert [link.url for link in mail.links] == ["https://shop.example/tea", "https://shop.example"]
    assert "https://t.example/t/c/TOKEN.2" in part(read(mail), "plain")


def test_a_personal_link_is_encoded_and_not_tracked() -> None:
    mail = compiled('<mj-button href="https://shop.example/?c={{ customer.city }}">Buy</mj-button>')
    page = part(read(mail, recipient(customer__city="A&B c/é")), "html")
    assert 'href="https://shop.example/?c=A%26B+c%2F%C3%A9"' in page
    assert not mail.links
    assert mail.personal_links


def test_the_pixel_is_there_only_where_tracking_is_allowed() -> None:
    mail = compiled()
    assert 'width="1"' not in part(read(mail), "html")
    tracked = replace(recipient(), pixel_url="https://t.example/t/o/TOKEN")
    assert '<img src="https://t.example/t/o/TOKEN" width="1" height="1" alt="">' in part(
        read(mail, tracked), "html"
    )


def test_values_are_escaped_in_html_and_plain_in_text() -> None:
    message = read(compiled("<mj-text>{{ customer.city }}</mj-text>"), recipient(customer__city="<b>&\"'"))
    assert "&lt;b&gt;&amp;&#34;&#39;" in part(message, "html")
    assert "<b>&\"'" in part(message, "plain")


def test_nothing_gets_into_the_headers_from_a_value() -> None:
    mail = compiled(subject="Hi {{ customer.first_name }}")
    message = read(mail, recipient(customer__first_name="Ann\r\nBcc: all@example.test\0"))
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Ann Bcc: all@example.test"


def test_a_long_foreign_subject_is_folded_in_encoded_words() -> None:
    mail = compiled(subject="冬季新款上市，老顾客专享礼遇" * 8)
    data = outgoing(mail, SENDER, recipient(), number=1, at=NOW).data
    assert max(len(line) for line in data.split(b"\r\n")) <= 78
    assert read(mail)["Subject"] == "冬季新款上市，老顾客专享礼遇" * 8


def test_conditions_may_stand_between_rows_and_in_attributes() -> None:
    inner = (
        "{% if customer.city %}<mj-text>You live in {{ customer.city }}</mj-text>{% endif %}"
        "<mj-table>{% for i in (1..2) %}<tr><td>row {{ i }}</td></tr>{% endfor %}</mj-table>"
        '<mj-image src="https://shop.example/{% if customer.city %}a{% else %}b{% endif %}.png" alt="" />'
    )
    mail = compiled(inner)
    with_city, without = read(mail, recipient(customer__city="Lyon")), read(mail)
    assert "You live in Lyon" in part(with_city, "plain")
    assert "You live" not in part(without, "plain")
    assert "/a.png" in part(with_city, "html")
    assert "/b.png" in part(without, "html")
    assert part(without, "html").count("row ") == 2


def test_a_text_part_somebody_wrote_is_kept_and_tracked() -> None:
    mail = compiled(
        '<mj-button href="https://shop.example/a">Buy</mj-button>',
        text="Dear {{ customer.city }}: https://shop.example/a.",
    )
    words = part(read(mail, recipient(customer__city="X")), "plain")
    assert words.startswith("Dear X: https://t.example/t/c/TOKEN.1.")
    assert "https://t.example/t/u/TOKEN" in words


def test_fields_that_may_be_missing_are_named() -> None:
    mail = compiled('<mj-text>{{ customer.city }} {{ customer.first_name | default: "friend" }}</mj-text>')
    assert mail.without_default == ("customer.city",)


def test_the_campaigns_own_default_stands_in_for_a_missing_value() -> None:
    mail = compile_mail(
        replace(source("<mj-text>Dear {{ customer.city }}</mj-text>"), defaults={"customer.city": "you"}),
        FIELDS,
    )
    assert "Dear you" in part(read(mail), "html")
    assert mail.without_default == ()


def test_plain_html_is_taken_as_it_is_with_its_styles_inlined() -> None:
    page = (
        "<html><head><style>p { color: red }</style></head><body><p>Hi {{ customer.city }}</p>"
        '{{ shop.postal_address }} <a href="{{ unsubscribe_url }}">out</a></body></html>'
    )
    assert '<p style="color: red;">Hi' in part(read(compile_mail(Source("S", page), FIELDS)), "html")


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "fonts.googleapis" not in part(read(compiled()), "html")


# Both ways of filling are one

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=90)


@settings(max_examples=150, deadline=None)
@given(
    first=_TEXTS,
    city=_TEXTS,
    words=st.text(st.characters(codec="utf-8", exclude_characters="{}%#"), max_size=200),
)
def test_the_fast_way_and_the_slow_way_give_the_same_mail(first: str, city: str, words: str) -> None:
    template = clean(
        words
        + '{{ customer.first_name | default: "fr=iend." }}.'
        + words
        + "{{ customer.city | url_encode }}"
    )
    values = {
        "customer.first_name": first.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""),
        "customer.city": city,
    }
    for html in (True, False):
        parsed = parse(template, where="x", environment=HTML if html else TEXT)

        fast = body(parsed, template, html=html, where="x")
        slow = LiquidBody(parsed, template, html, "x")
        assert isinstance(fast, SegmentBody)
        values = cleaned(values)
        quick, full = fast.in_transit(values), slow.in_transit(values)
        assert _decoded(quick) == _decoded(full)
        for data in (quick, full):
            assert all(len(line) <= 76 and not line.startswith(b".") for line in data.split(b"\r\n"))


def _decoded(data: bytes) -> str:
    message = email.message_from_bytes(
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + data,
        policy=email.policy.default,
    )
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("New tea", "New tea"),
        ("{{ customer.first_name | default: 'friend' }}, new tea", "friend, new tea"),
        ("{{ customer.first_name }}, new tea", "…, new tea"),
        ("{{ customer.town }} at {{ shop.name }}", "Lyon at Café"),
        ("{% if customer.vip %}First{% else %}All{% endif %}", "All"),
        ("{{ customer.first_name", "{{ customer.first_name"),
    ],
)
def test_a_subject_on_a_page_shows_no_template_and_no_name(words: str, seen: str) -> None:
    assert subject_line(words, {"shop.name": "Café", "customer.town": "Lyon"}) == seen
