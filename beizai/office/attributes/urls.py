"""The addresses of attributes and of the questions worth asking."""

from django.urls import path

from beizai.office.attributes import pages, questions

_ONE = "customers/attributes/<int:definition_id>/"

urlpatterns = [
    path("customers/attributes/", pages.attributes, name="attributes"),
    path("customers/attributes/new/", pages.attribute, name="attribute_new"),
    path(_ONE, pages.attribute, name="attribute"),
    path(f"{_ONE}move/", pages.move, name="attribute_move"),
    path(f"{_ONE}retire/", pages.retire, name="attribute_retire"),
    path("customers/questions/", questions.questions, name="questions"),
    path("customers/<int:customer_id>/still-so/", questions.still_so, name="customer_still_so"),
]
