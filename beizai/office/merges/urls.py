"""The addresses of the pages about joining cards."""

from django.urls import path

from beizai.office.merges import deciding, joining, ruling

urlpatterns = [
    path("customers/review/", deciding.review, name="review"),
    path("customers/review/look/", deciding.look, name="review_look"),
    path("customers/review/<int:proposal_id>/", deciding.decide, name="review_decide"),
    path("customers/review/<int:proposal_id>/reopen/", deciding.reopen, name="review_reopen"),
    path("customers/merges/", joining.merges, name="merges"),
    path("customers/merges/rules/", ruling.rules_page, name="merge_rules"),
    path("customers/merges/<int:merge_id>/", joining.merge, name="merge"),
    path("customers/merges/<int:merge_id>/apart/", joining.apart, name="merge_apart"),
    path("customers/<int:customer_id>/join/", joining.join, name="customer_join"),
]
