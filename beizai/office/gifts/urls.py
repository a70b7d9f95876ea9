"""The addresses of gift orders."""

from django.urls import path

from beizai.office.gifts import pages

urlpatterns = [
    path("gifts/", pages.gifts_page, name="gifts"),
    path("gifts/take/", pages.take_page, name="gift_take"),
    path("gifts/<int:gift_id>/", pages.gift_page, name="gift"),
    path("gifts/<int:gift_id>/look/", pages.look, name="gift_look"),
    path("gifts/<int:gift_id>/step/", pages.step, name="gift_step"),
]
