"""Products: what is sold, at what price, and what is left of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beizai.base import money
from beizai.base.errors import Invalid
from beizai.office import paging, refusals, wording
from beizai.office.frame import frame
from beizai.office.paging import Key
from beizai.office.permissions import needs, person
from beizai.products import catalogue
from beizai.products.models import Product
from beizai.staff import audit
from beizai.staff.roles import May

_COUNTED_AT_MOST = 5000
_SORTS = {
    "number": Key("number", read=paging.text),
    "name": Key("name", read=paging.text),
    "category": Key("category", read=paging.text),
    "price": Key("price_minor", may_be_unknown=True),
}


class ProductForm(forms.Form):
    """A product; money in the book's currency."""

    number = forms.CharField(label=gettext_lazy("Number"), max_length=120)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=300, required=False)
    category = forms.CharField(
        label=gettext_lazy("Category"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("A path, such as “Tea / Green”."),
    )
    price = forms.CharField(required=False, max_length=30)
    cost = forms.CharField(
        required=False,
        max_length=30,
        help_text=gettext_lazy(
            "What one of it costs you. Without it the margin of its category counts, else the book's."
        ),
    )
    in_stock = forms.BooleanField(label=gettext_lazy("In stock"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sign = {"sign": wording.currency_symbol()}
        self.fields["price"].label = _("Price (%(sign)s)") % sign
        self.fields["cost"].label = _("Cost (%(sign)s)") % sign

    def _amount(self, name: str) -> int | None:
        text = self.cleaned_data[name].replace(" ", "").replace(",", ".")
        if not text:
            return None
        try:
            minor = money.to_minor(text, frame().shop.currency)
        except Invalid as error:
            raise forms.ValidationError(refusals.in_words(error)) from None
        if not 0 <= minor < 10**15:
            raise forms.ValidationError(_("A price lies between 0 and a million million."))
        return minor

    def clean_price(self) -> int | None:
        return self._amount("price")

    def clean_cost(self) -> int | None:
        return self._amount("cost")


@needs(May.SEE_CUSTOMERS)
def products(request: HttpRequest) -> HttpResponse:
    """The list."""
    words = request.GET.get("q", "").strip()
    rows = catalogue.look_up(words) if words else Product.objects.all()
    sort = request.GET.get("sort", "number")
    if sort.lstrip("-") not in _SORTS:
        sort = "number"
    counted = rows.order_by()[: _COUNTED_AT_MOST + 1].count()
    page = paging.by_key(
        rows,
        _SORTS[sort.lstrip("-")],
        falls=sort.startswith("-"),
        params=request.GET,
        total=min(counted, _COUNTED_AT_MOST),
        about=counted > _COUNTED_AT_MOST,
    )
    margins = catalogue.category_margins()
    lines = [{"product": one, **_margin(one, margins)} for one in page.rows]
    return render(
        request, "office/products.html", {"page": page, "lines": lines, "words": words, "sort": sort}
    )


def _margin(one: Product, margins: dict[str, int]) -> dict[str, Any]:
    """What is left of its price, and where that number comes from."""
    own = catalogue.margin_permille(one)
    if own is not None:
        return {"margin": own / 1000, "basis": _("by its cost")}
    if one.category in margins:
        return {"margin": margins[one.category] / 1000, "basis": _("by its category")}
    return {"margin": frame().shop.book_margin_permille / 1000, "basis": _("the book's")}


@needs(May.EDIT_CAMPAIGNS)
def product(request: HttpRequest, product_id: int | None = None) -> HttpResponse:
    """One product, new or changed."""
    found = catalogue.get(product_id) if product_id else None
    form = ProductForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(form, product_id)
        except Invalid as error:
            form.add_error("number", refusals.in_words(error))
        else:
            audit.record("product.saved", at=frame().now, user=person(request), product=saved.pk)
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products")
    return render(
        request, "office/product.html", {"form": form, "product": found, "categories": catalogue.categories()}
    )


def _initial(found: Product | None) -> dict[str, Any]:
    if found is None:
        return {"in_stock": True}
    currency = frame().shop.currency
    amounts = {"price": found.price_minor, "cost": found.cost_minor}
    written = {
        name: "" if minor is None else money.from_minor(minor, currency) for name, minor in amounts.items()
    }
    return {
        "number": found.number,
        "name": found.name,
        "category": found.category,
        "in_stock": found.in_stock,
        **written,
    }


def _save(form: ProductForm, product_id: int | None) -> Product:
    data = form.cleaned_data
    new = catalogue.NewProduct(
        data["number"], data["name"], data["category"], data["price"], data["cost"], data["in_stock"]
    )
    return catalogue.save(new, now=frame().now, product_id=product_id)


urlpatterns = [
    path("products/", products, name="products"),
    path("products/new/", product, name="product_new"),
    path("products/<int:product_id>/", product, name="product"),
]
