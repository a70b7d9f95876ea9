"""The import wizard over HTTP: nothing is written before the last step, a worker brings it in, and it can be undone."""

import io
import time
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from beizai.base import clock
from beizai.customers.models import Customer
from beizai.imports.models import Import
from beizai.office.imports import drafts
from beizai.staff.models import User
from beizai.worker import jobs
from beizai.worker.models import Job, JobState

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]
ORDERS = (
    "order,customer,name,date,quantity,unit_price\n"
    "A1,C1,Ann,2026-01-31,2,10.00\n"
    "A2,C2,Bo,2026-02-01,1,5.00\n"
    "A3,C1,Ann,2026-02-30,1,5.00\n"
)


@pytest.fixture
def owner(client):
    user = User.objects.create_user("owner@example.test", "a long password", name="Olga", role="owner")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def upload(client, text=ORDERS, name="orders.csv", kind="orders", follow=True):
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    return client.post(reverse("import_new"), {"file": file, "kind": kind, "source": "Shop"}, follow=follow)


def token_of(response):
    return response.redirect_chain[-1][0].split("/")[-3]


def work_until_done(number):
    for _round in range(200):
        jobs.run_next(jobs.kinds(), owner="test", now=clock.machine_now)
        job = Job.objects.get(pk=number)
        if job.state in (JobState.DONE, JobState.FAILED):
            return job
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def brought_in(client, text=ORDERS):
    token = token_of(upload(client, text))
    answer = client.post(reverse("import_in", args=[token]))
    number = int(answer.url.split("/")[-2])
    return work_until_done(number), token


def test_a_file_is_looked_at_without_anything_being_written(owner):
    token = token_of(upload(owner))
    columns = owner.get(reverse("import_columns", args=[token]) + "?full=1").content.decode()
    assert "unit_price" in columns
    check = owner.get(reverse("import_check", args=[token]) + "?full=1").content.decode()
    assert "1 of 3 rows are kept aside" in check
    assert "Bring in 2 rows" in check
    assert not Import.objects.exists()
    assert not Customer.objects.exists()


def test_a_worker_brings_the_file_in_and_the_page_leads_to_the_result(owner):
    job, token = brought_in(owner)
    assert job.state == JobState.DONE, job.error
    row = Import.objects.get()
    assert (row.accepted, row.rejected, row.customers) == (2, 1, 2)
    answer = owner.get(reverse("waiting", args=[job.pk]))
    assert answer.url == reverse("import", args=[row.pk])
    page = owner.get(answer.url).content.decode()
    assert "2 rows are in the book" in page
    assert "not a date, or no such day exists" in page
    assert [one.token for one in drafts.waiting()] == []
    with pytest.raises(Exception, match="gone"):
        drafts.draft(token)


def test_the_kept_aside_rows_come_as_a_file(owner):
    brought_in(owner)
    row = Import.objects.get()
    answer = owner.get(reverse("import_aside", args=[row.pk]))
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)
    assert "1" in owner.get(reverse("aside")).content.decode()


def test_an_import_is_undone_and_says_what_stays(owner):
    brought_in(owner)
    row = Import.objects.get()
    Customer.objects.filter(name="Ann").update(revision=1)
    later = {"kind": row.kind, "source": row.source, "state": row.state, "started_at": row.started_at}
    Import.objects.create(batch_id=999, file_name="later.csv", known_orders=1, **later)
    page = owner.post(reverse("import_undo", args=[row.pk]), follow=True).content.decode()
    assert "was taken out again" in page
    assert "somebody has changed the card since" in page
    assert "To be brought in again" in page
    assert "later.csv" in page
    assert list(Customer.objects.values_list("name", flat=True)) == ["Ann"]


def test_a_column_can_be_given_another_meaning(owner):
    token = token_of(upload(owner, "A,B,C,D\n1,x,2026-01-01,5\n2,y,2026-01-02,6\n"))
    headers, meanings = ["A", "B", "C", "D"], ["order", "customer", "at", "amount"]
    owner.post(
        reverse("import_columns", args=[token]),
        {"header": headers, "meaning": meanings, "was": ["", "", "at", ""]},
    )
    assert drafts.draft(token).columns == {"order": "A", "customer": "B", "at": "C", "amount": "D"}
    assert (
        "All of the file can be read"
        in owner.get(reverse("import_check", args=[token]) + "?full=1").content.decode()
    )


def test_dates_that_fit_two_styles_are_asked_about(owner):
    token = token_of(upload(owner, "order,customer,date,amount\n1,x,03/04/2026,5\n2,y,05/06/2026,6\n"))
    page = owner.get(reverse("import_columns", args=[token]) + "?full=1").content.decode()
    assert 'name="dates" value="dmy"' in page
    owner.post(reverse("import_columns", args=[token]), {"dates": "dmy"})
    assert "can be read" in owner.get(reverse("import_check", args=[token]) + "?full=1").content.decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "orders.csv"), (b"%PDF-1.4 nothing of the kind", "orders.pdf"), (b"PK\x03\x04 broken", "x.xlsx")],
)
def test_a_file_that_cannot_be_read_gets_words_and_leaves_nothing_behind(owner, content, name):
    answer = upload(owner, content, name)
    text = answer.content.decode()
    token = token_of(answer) if answer.redirect_chain else ""
    if token:
        answer = owner.get(reverse("import_columns", args=[token]) + "?full=1")
        assert answer.status_code == 400
    else:
        assert 'class="wrong"' in text
        assert not drafts.waiting()


def test_a_repair_can_be_left(owner):
    token = token_of(
        upload(owner, "customer,email\n1.0,ann@gmial.com\n2.0,bo@example.test\n", kind="customers")
    )
    owner.get(reverse("import_check", args=[token]) + "?full=1")
    owner.post(reverse("import_check", args=[token]), {"repair.whole_numbers": "leave"})
    assert drafts.draft(token).repairs == {"whole_numbers": False}


def test_a_token_is_no_path(owner):
    assert owner.get("/collection/imports/new/..%2f..%2fkeys/columns/").status_code == 404
    assert owner.get("/collection/imports/new/abc/columns/?full=1").status_code == 404


@pytest.mark.parametrize("role", ["staff", "analyst"])
def test_who_may_not_import_is_told_so(client, role):
    user = User.objects.create_user(f"{role}@example.test", "a long password", role=role)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("imports", "import_new", "aside", "sources"):
        assert client.get(reverse(name)).status_code == 403


def test_uploads_nobody_went_on_with_go_after_two_days(owner):
    upload(owner)
    assert len(drafts.waiting()) == 1
    file = io.BytesIO(b"a,b\n1,2\n")
    later = SimpleUploadedFile("later.csv", file.read())
    drafts.begin(later, kind="orders", source="Shop", user_id=1, now=datetime(2100, 1, 1, tzinfo=UTC))
    assert [one.name for one in drafts.waiting()] == ["later.csv"]
