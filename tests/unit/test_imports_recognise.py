"""Columns are recognised by header and content, changed by the user."""

import pytest

from beizai.base.errors import Invalid
from beizai.imports.reading.encoding import guess
from beizai.imports.reading.staged import columns_of
from beizai.imports.recognise import check, choose, propose
from beizai.imports.words import PRESETS


def fields(headers: str, kind: str = "orders", *rows: tuple[str | None, ...]) -> dict[str, str]:
    columns = columns_of(headers.split("|"))
    return propose(columns, kind, rows).headers(columns)


def test_online_retail_is_recognised() -> None:
    found = fields("InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country")
    assert found == {
        "order": "InvoiceNo", "product": "StockCode", "product_name": "Description", "quantity": "Quantity", "at": "InvoiceDate",
        "unit_price": "UnitPrice", "customer": "CustomerID", "country": "Country",
    }  # fmt: skip


def test_french_and_chinese_headers_are_recognised() -> None:
    french = fields("N° de commande|Date de commande|Code client|Désignation|Qté|Prix unitaire|Remise")
    assert {"order", "at", "customer", "product_name", "quantity", "unit_price", "discount"} == set(french)
    chinese = fields("订单编号|下单时间|会员号|商品名称|数量|单价|优惠金额|门店|导购")
    assert {
        "order",
        "at",
        "customer",
        "product_name",
        "quantity",
        "unit_price",
        "discount",
        "store",
        "staff",
    } == set(chinese)


@pytest.mark.parametrize(
    "preset", PRESETS, ids=lambda preset: f"{preset.name}-{preset.kind}-{preset.needs[0]}"
)
def test_each_export_is_known_by_its_headers(preset: object) -> None:
    columns = columns_of(list(dict.fromkeys((*preset.needs, *preset.columns.values()))))
    found = propose(columns, preset.kind, [])
    assert found.preset == preset.name
    assert {
        name: columns[index].header for name, index in found.fields.items()
    }.items() >= preset.columns.items()


def test_shopify_calls_its_order_name() -> None:
    found = fields(
        "Name|Email|Financial Status|Created at|Lineitem quantity|Lineitem name|Lineitem price|Billing Name|Currency"
    )
    assert (found["order"], found["customer"], found["name"]) == ("Name", "Email", "Billing Name")


def test_content_speaks_where_the_header_does_not() -> None:
    found = fields("Nr|Wann|Betrag", "orders", ("A1", "2024-03-05", "12.5"), ("A2", "2024-03-06", "3.5"))
    assert found == {"at": "Wann"}


def test_a_header_its_content_contradicts_is_not_believed() -> None:
    assert "at" not in fields("Order|Date", "orders", ("1", "apple"), ("2", "pear"))


def test_what_is_not_known_becomes_an_attribute_of_customers() -> None:
    found = fields("Customer number|Name|Favourite colour", "customers", ("1", "Ann", "blue"))
    assert found["attribute.favourite_colour"] == "Favourite colour"


def test_the_user_has_the_last_word() -> None:
    columns = columns_of(["No", "When", "Total", "Client"])
    said = choose(propose(columns, "orders", []), columns, {"order": "No", "at": "B", "customer": ""})
    assert said.headers(columns) == {"order": "No", "at": "When", "amount": "Total"}
    check(said)


@pytest.mark.parametrize("said", [{"colour": "No"}, {"order": "Nowhere"}])
def test_unknown_fields_and_columns_are_refused_with_a_list(said: dict[str, str]) -> None:
    columns = columns_of(["No", "When"])
    with pytest.raises(Invalid) as refused:
        choose(propose(columns, "orders", []), columns, said)
    assert ("No" in refused.value.hint) or ("order" in refused.value.hint)


def test_a_file_without_a_date_column_is_asked_for_one() -> None:
    columns = columns_of(["Order", "Amount"])
    with pytest.raises(Invalid, match="when the orders were placed"):
        check(propose(columns, "orders", []))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "订单编号,买家会员名,数量\n张三,李四"),
        ("big5hkscs", "訂單編號,會員姓名,數量\n王小明,台北"),
        ("cp932", "注文番号,お客様名,数量\n山田太郎,東京"),
        ("cp1252", "Prénom,Société,Numéro de téléphone – été"),
    ],
)
def test_the_encoding_is_guessed_by_its_everyday_letters(encoding: str, text: str) -> None:
    assert guess(text.encode(encoding)) == encoding


def test_a_french_nom_is_the_whole_name_of_an_order_and_the_family_name_of_a_card() -> None:
    assert fields("Commande|Date|Nom|Montant")["name"] == "Nom"
    card = fields("Prénom|Nom|E-mail", "customers")
    assert (card["given_name"], card["family_name"]) == ("Prénom", "Nom")
