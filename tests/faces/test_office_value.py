"""The value pages over HTTP: the finding is the head, figures are those of the value room, any day can be asked."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from beizai.imports import files
from beizai.staff.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
PAGES = ("value", "value_rfm", "value_stages")


@pytest.fixture
def analyst(client):
    user = User.objects.create_user("ana@example.test", "a long password", role="analyst")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def import_orders(tmp_path, rows):
    path = tmp_path / "orders.csv"
    path.write_text(
        "order,customer,date,amount\n"
        + "".join(f"{n},C{who},{day},{money}\n" for n, (who, day, money) in enumerate(rows))
    )
    files.bring_in(path, kind="orders", source="Shop", now=datetime.now(UTC))


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_book_has_its_words(analyst, name):
    assert analyst.get(reverse(name)).status_code == 200


def test_the_top_fifth_is_counted_and_not_assumed(analyst, tmp_path):
    today = datetime.now(UTC).date().isoformat()
    import_orders(tmp_path, [(1, today, "80"), *((n, today, "5") for n in range(2, 6))])
    page = analyst.get(reverse("value")).content.decode()
    assert "The top fifth of your customers brings 80% of the sales" in page
    for name in PAGES:
        assert analyst.get(reverse(name)).status_code == 200


def test_the_past_can_be_asked_again(analyst, tmp_path):
    import_orders(tmp_path, [(1, "2020-03-01", "10"), (2, "2021-03-01", "10")])
    before = analyst.get(reverse("value"), {"as_of": "2020-12-31"}).content.decode()
    assert "1 customer who bought" in before
    assert "2 customers who bought" in analyst.get(reverse("value"), {"as_of": "2021-12-31"}).content.decode()
    assert analyst.get(reverse("value"), {"as_of": "nonsense"}).status_code == 200


def test_staff_of_the_till_do_not_see_value(client):
    user = User.objects.create_user("till@example.test", "a long password", role="staff")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse("value")).status_code == 403
