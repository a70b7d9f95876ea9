"""What a mail server said of somebody names their address: it is shown to those alone who may see contact points."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from beizai.messages.models import Message, State
from beizai.staff.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.mark.parametrize(("role", "shown"), [("marketer", True), ("analyst", False)])
def test_the_mail_server_s_words_are_not_for_an_analyst(role: str, shown: bool) -> None:
    message = Message.objects.create(
        campaign_id=1, customer_id=1, state=State.BOUNCED, address="ann@example.test",
        detail="550 5.1.1 <ann@example.test>: no such user", changed_at=NOW,
    )  # fmt: skip
    client = Client()
    client.force_login(User.objects.create_user(f"{role}@office.example", role=role))
    answer = client.get(f"/campaigns/messages/{message.pk}/")
    assert answer.status_code == 200
    assert ("ann@example.test" in answer.content.decode()) == shown
