"""The addresses of conversations."""

from django.urls import path

from beizai.office.conversations import bringing, pages

urlpatterns = [
    path("collection/conversations/", pages.inbox_page, name="conversations"),
    path("collection/conversations/new/", pages.new_page, name="conversation_new"),
    path("collection/conversations/bring/", bringing.bring_page, name="conversation_bring"),
    path("collection/conversations/<int:conversation_id>/", pages.conversation_page, name="conversation"),
    path("collection/conversations/<int:conversation_id>/do/", pages.do, name="conversation_do"),
    path("collection/conversations/fact/<int:proposal_id>/", pages.decide, name="conversation_fact"),
]
