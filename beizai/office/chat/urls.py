"""The addresses of the chat."""

from django.urls import path

from beizai.office.chat import public, settings

visiting = [  # for whoever comes by: a signed token says what a request may do
    path("chat/", public.begin, name="chat"),
    path("chat/chat.js", public.script, name="chat_script"),
    path("chat/begun/", public.begun, name="chat_begun"),
    path("chat/mail/<str:token>/", public.confirm, name="chat_mail"),
    path("chat/t/<str:token>/", public.thread_page, name="chat_thread"),
    path("chat/t/<str:token>/news/", public.news, name="chat_news"),
    path("chat/t/<str:token>/address/", public.leave_address, name="chat_address"),
    path("chat/t/<str:token>/picture/<int:number>/", public.picture, name="chat_picture"),
]

urlpatterns = [
    *visiting,
    path("collection/conversations/desk/", settings.desk_page, name="chat_desk"),
    path("collection/conversations/here/", settings.here, name="chat_here"),
]
