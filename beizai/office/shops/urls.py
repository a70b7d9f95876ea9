"""The addresses of web shops."""

from django.urls import path

from beizai.office.shops import pages, waiting

urlpatterns = [
    path("collection/shops/", pages.shops, name="shops"),
    path("collection/shops/new/<slug:kind>/", pages.new, name="shop_new"),
    path("collection/shops/<int:connection_id>/", pages.shop, name="shop"),
    path("collection/shops/<int:connection_id>/again/", waiting.again, name="shop_again"),
    path("collection/shops/deliveries/<int:delivery_id>/", waiting.delivery, name="shop_delivery"),
    path("collection/shops/requests/<int:request_id>/", waiting.request_page, name="shop_request"),
    path("collection/shops/requests/<int:request_id>/erase/", waiting.erase, name="shop_request_erase"),
]
