"""The addresses of conversations."""

from django.urls import path

from beizai.office.conversations import bringing, mailbox, one, pages

urlpatterns = [
    path("collection/conversations/", pages.inbox_page, name="conversations"),
    path("collection/conversations/rows/", pages.inbox_rows, name="conversation_rows"),
    path("collection/conversations/new/", pages.new_page, name="conversation_new"),
    path("collection/conversations/mailbox/", mailbox.mailbox_page, name="mailbox"),
    path("collection/conversations/bring/", bringing.bring_page, name="conversation_bring"),
    path("collection/conversations/<int:conversation_id>/", one.conversation_page, name="conversation"),
    path("collection/conversations/<int:conversation_id>/said/", one.said_page, name="conversation_said"),
    path("collection/conversations/<int:conversation_id>/do/", one.do, name="conversation_do"),
    path("collection/conversations/<int:conversation_id>/whose/", one.whose_page, name="conversation_whose"),
    path(
        "collection/conversations/<int:conversation_id>/picture/<int:number>/",
        one.picture,
        name="conversation_picture",
    ),
    path("collection/conversations/fact/<int:proposal_id>/", one.decide, name="conversation_fact"),
]
