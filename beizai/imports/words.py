"""The names shops give their columns, in English, Chinese and French, and the exports of well-known shop programs.

Sources of the export headers: Shopify help "Exporting orders" (one row per line item, order fields on the first
row), Matrixify's order columns, WooCommerce's CSV import suite and Advanced Order Export, the Taobao seller
centre's ExportOrderList and ExportOrderDetailList, and the PrestaShop back office's list and SQL manager exports.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_NAME = (
    "name; full name; customer name; client name; buyer name; billing name; nom complet; nom du client; nom client; nom et prenom; nom prenom; "
    "姓名; 名字; 客户姓名; 客户名称; 顾客姓名; 会员姓名; 收货人; 收货人姓名; 买家姓名"
)
ORDERS: Mapping[str, str] = {
    "customer": "customer; customer id; customer no; customer number; customer code; customer ref; client; client id; client no; "
    "client code; buyer; buyer id; user id; userid; member id; member no; household key; household id; account; account id; "
    "n client; no client; numero client; code client; id client; ref client; acheteur; identifiant client; "
    "客户; 客户id; 客户编号; 客户号; 顾客; 顾客编号; 会员; 会员号; 会员id; 会员编号; 会员卡号; 会员名; 买家会员名; 买家; 买家昵称; 用户id; 用户编号; 买家账号",
    "order": "order; order id; order no; order number; order ref; order reference; order #; invoice; invoice no; invoice number; invoice id; "
    "basket id; basket; receipt; receipt no; receipt number; transaction; transaction id; ticket; ticket no; sale id; bill no; "
    "commande; n commande; no commande; numero de commande; numero commande; n de commande; ref commande; reference commande; facture; "
    "n facture; numero de facture; no facture; n ticket; numero de ticket; id commande; id order; "
    "订单; 订单号; 订单编号; 订单id; 单号; 交易号; 交易单号; 销售单号; 小票号; 流水号; 主订单编号; 发票号",
    "at": "date; at; order date; ordered at; ordered on; date time; datetime; invoice date; purchase date; purchased at; transaction date; transaction timestamp; "
    "sale date; created at; created; date created; time stamp; timestamp; paid at; date paid; order time; order date time; "
    "date de commande; date commande; date d achat; date achat; date facture; date de facture; date de vente; date vente; date heure; horodatage; date add; cree le; "
    "日期; 时间; 下单时间; 下单日期; 订单时间; 订单日期; 订单创建时间; 创建时间; 成交时间; 交易时间; 付款时间; 订单付款时间; 销售日期; 购买日期; 购买时间; 交易日期",
    "time": "time; time of day; sale time; transaction time; heure; heure de vente; heure d achat; 时刻; 具体时间",
    "quantity": "quantity; qty; units; pieces; pcs; count; items; number of items; item quantity; quantity ordered; lineitem quantity; "
    "quantite; qte; nombre; nb; unites; product quantity; 数量; 件数; 购买数量; 商品数量; 宝贝总数量; 销售数量",
    "unit_price": "unit price; price; unit cost price; price each; item price; item cost; price per unit; lineitem price; selling price; "
    "prix; prix unitaire; pu; p u; prix de vente; prix ttc; prix unitaire ttc; pu ttc; unit price tax incl; "
    "单价; 价格; 售价; 商品单价; 销售单价; 零售价",
    "amount": "amount; total; line total; sales value; sales; revenue; net amount; net; line amount; total price; total amount; subtotal; value; item total; spend; paid; amount paid; "
    "order total; total paid; montant; total ttc; montant ttc; total ligne; prix total; ca; montant total; net a payer; total paye; total price tax incl; "
    "金额; 总价; 小计; 实付金额; 实付; 实收; 销售额; 成交金额; 总金额; 订单金额; 买家实际支付金额; 应付金额; 实收金额; 合计; 支付金额",
    "discount": "discount; discount amount; rebate; reduction; total discount; lineitem discount; item discount; coupon amount; remise; rabais; montant remise; "
    "折扣; 优惠; 优惠金额; 折扣金额; 减免",
    "currency": "currency; currency code; order currency; iso currency; devise; monnaie; 币种; 货币; 货币代码",
    "product": "product; product id; product no; product number; product code; sku; stock code; item; item id; item no; item code; item sku; article; article no; upc; ean; barcode; "
    "lineitem sku; ref; reference; reference produit; ref produit; code article; code produit; produit; product reference; id product; ref article; "
    "商品; 商品编号; 商品编码; 商品id; 货号; 款号; 产品; 产品编号; 产品id; 商家编码; 外部系统编号; 条码; sku编码; 宝贝id; 商品货号",
    "product_name": "product name; description; item name; title; product title; lineitem name; article name; item description; name of product; libelle; "
    "designation; nom du produit; nom produit; nom article; intitule; 商品名称; 商品名; 产品名称; 品名; 宝贝标题; 标题; 商品标题; 宝贝名称; 货品名称",
    "category": "category; product category; department; product type; type of product; collection; family; product family; item category; section; "
    "categorie; rayon; famille; categorie produit; type de produit; 类别; 分类; 品类; 商品分类; 商品类别; 产品类别; 类目; 宝贝种类",
    "cost": "cost; unit cost; cost price; purchase price; cogs; cost of goods; cout; prix d achat; prix achat; cout d achat; prix de revient; 成本; 成本价; 进价; 采购价; 单位成本",
    "store": "store; store id; shop; branch; location; outlet; store name; magasin; boutique; point de vente; agence; 门店; 店铺; 分店; 店铺名称; 门店名称; 店铺id; 门店编号",
    "staff": "staff; salesperson; sales person; sales rep; cashier; employee; seller; served by; clerk; vendeur; vendeuse; caissier; employe; commercial; "
    "店员; 导购; 销售员; 收银员; 员工; 业务员; 营业员",
    "country": "country; country code; ship country; billing country; shipping country; pays; code pays; pays de livraison; pays de facturation; 国家; 国家地区; 国家 地区; 国家代码",
    "email": "email; e mail; email address; mail; customer email; billing email; adresse e mail; adresse email; courriel; adresse mail; 邮箱; 电子邮箱; 邮件; 电子邮件; 买家邮箱",
    "phone": "phone; phone number; telephone; tel; mobile; mobile phone; cell; cell phone; customer phone; billing phone; gsm; portable; tel portable; "
    "numero de telephone; n telephone; 电话; 手机; 手机号; 手机号码; 联系电话; 联系手机; 电话号码; 收货人手机",
    "name": _NAME + "; nom",
    "status": "status; order status; financial status; state; payment status; statut; etat; statut commande; etat de la commande; 状态; 订单状态; 交易状态",
}

CUSTOMERS: Mapping[str, str] = {
    "customer": ORDERS["customer"] + "; id; number; no; code; identifiant; numero; 编号",
    "name": _NAME + "; customer; client; 客户; 顾客; 称呼; 联系人; contact; contact name",
    "given_name": "given name; first name; firstname; forename; prenom; 名",
    "family_name": "family name; last name; lastname; surname; nom; nom de famille; 姓; 姓氏",
    "email": ORDERS["email"],
    "phone": ORDERS["phone"],
    "postal_address": "postal address; address; full address; adresse; adresse postale; adresse complete; 地址; 收货地址; 通讯地址; 详细地址; 联系地址",
    "street": "street; address1; address 1; address line 1; street address; rue; adresse 1; voie; 街道",
    "postcode": "postcode; post code; zip; zip code; postal code; cp; code postal; 邮编; 邮政编码",
    "city": "city; town; ville; commune; localite; 城市; 市",
    "birthday": "birthday; birth date; date of birth; birthdate; dob; born; born on; date de naissance; naissance; ne le; nee le; anniversaire; 生日; 出生日期; 出生年月",
    "country": ORDERS["country"],
    "language": "language; lang; locale; preferred language; langue; 语言",
    "tags": "tags; tag; labels; etiquettes; mots cles; 标签",
    "consent": "consent; newsletter; opt in; optin; accepts marketing; marketing; subscribed; accepts email marketing; email opt in; accepte les e mails; "
    "inscrit newsletter; abonne; consentement; 订阅; 接受营销; 是否订阅; 同意",
    "consent_text": "consent text; consent wording; words agreed to; texte du consentement; consentement texte; 同意内容; 授权内容",
    "consent_where": "consent where; consent place; consent source; where agreed; lieu du consentement; source du consentement; 同意来源; 授权来源",
    "consent_at": "consent at; consent date; consent on; agreed on; agreed at; opt in date; date du consentement; date consentement; 同意时间; 同意日期; 授权时间",
}


@dataclass(frozen=True)
class Preset:
    """The export of one shop program: it is this one where all of `needs` are there; `columns` says field = header."""

    name: str
    kind: str
    needs: tuple[str, ...]
    columns: Mapping[str, str]


PRESETS = (
    Preset("Shopify", "orders", ("Financial Status", "Lineitem quantity", "Lineitem price"), {
        "order": "Name", "customer": "Email", "email": "Email", "at": "Created at", "quantity": "Lineitem quantity",
        "unit_price": "Lineitem price", "discount": "Discount Amount", "currency": "Currency", "product": "Lineitem sku",
        "product_name": "Lineitem name", "status": "Financial Status", "country": "Billing Country", "phone": "Phone",
        "name": "Billing Name", "store": "Location", "staff": "Employee",
    }),
    Preset("Shopify", "customers", ("First Name", "Last Name", "Accepts Email Marketing"), {
        "customer": "Customer ID", "given_name": "First Name", "family_name": "Last Name", "email": "Email", "phone": "Phone",
        "street": "Default Address Address1", "city": "Default Address City", "postcode": "Default Address Zip",
        "country": "Default Address Country Code", "tags": "Tags", "consent": "Accepts Email Marketing",
    }),
    Preset("WooCommerce", "orders", ("order_number", "order_date", "billing_email"), {
        "order": "order_number", "customer": "customer_id", "email": "billing_email", "at": "order_date", "currency": "order_currency",
        "quantity": "item_quantity", "amount": "item_total", "product": "item_sku", "product_name": "item_name", "status": "status",
        "country": "billing_country", "phone": "billing_phone",
    }),
    Preset("WooCommerce", "orders", ("Order Number", "Order Date", "Email (Billing)", "Item Cost"), {
        "order": "Order Number", "customer": "Email (Billing)", "email": "Email (Billing)", "at": "Order Date", "quantity": "Quantity",
        "unit_price": "Item Cost", "product": "SKU", "product_name": "Item Name", "status": "Order Status",
        "country": "Country Code (Billing)", "phone": "Phone (Billing)",
    }),
    Preset("Taobao/Tmall", "orders", ("订单编号", "买家会员名", "买家实际支付金额"), {
        "order": "订单编号", "customer": "买家会员名", "at": "订单付款时间", "amount": "买家实际支付金额", "product_name": "宝贝标题",
        "status": "订单状态", "name": "收货人姓名", "phone": "联系手机", "store": "店铺名称",
    }),
    Preset("Taobao/Tmall", "orders", ("订单编号", "买家实际支付金额", "订单创建时间"), {
        "order": "订单编号", "at": "订单创建时间", "amount": "买家实际支付金额", "status": "订单状态",
    }),
    Preset("PrestaShop", "orders", ("id_order", "id_customer", "date_add"), {
        "order": "id_order", "customer": "id_customer", "at": "date_add", "quantity": "product_quantity",
        "unit_price": "unit_price_tax_incl", "product": "product_reference", "product_name": "product_name", "amount": "total_paid",
    }),
    Preset("PrestaShop", "orders", ("Reference", "New client", "Customer", "Total", "Status"), {
        "order": "Reference", "customer": "Customer", "name": "Customer", "at": "Date", "amount": "Total", "status": "Status", "country": "Delivery",
    }),
    Preset("PrestaShop", "orders", ("Référence", "Nouveau client", "Client", "Total", "État"), {
        "order": "Référence", "customer": "Client", "name": "Client", "at": "Date", "amount": "Total", "status": "État", "country": "Livraison",
    }),
)  # fmt: skip


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A header as it is compared: no accents, no case, no punctuation, words apart.

    >>> plain("InvoiceNo"), plain("N° de commande"), plain("  ORDER_DATE "), plain("E-mail *")
    ('invoice no', 'n de commande', 'order date', 'e mail')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    folded = unicodedata.normalize("NFKD", apart.replace("°", " ").replace("#", " # ")).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+|#", letters))


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    return {
        plain(word): field for field, text in reversed(list(words.items())) for word in text.split(";")
    } | {plain(field): field for field in words}


_ORDERS = _by_word(ORDERS)
_CUSTOMERS = _by_word(CUSTOMERS)


def field_of(header: str, kind: str | None = None) -> str | None:
    """The field a header means in files of this kind (of either, where none is named), or None.

    >>> field_of("CustomerID", "orders"), field_of("Prénom", "customers"), field_of("下单时间"), field_of("Colour")
    ('customer', 'given_name', 'at', None)
    """
    if len(header) > 100:
        return None
    word = plain(header)
    if kind == "orders":
        return _ORDERS.get(word)
    if kind == "customers":
        return _CUSTOMERS.get(word)
    return _ORDERS.get(word) or _CUSTOMERS.get(word)
