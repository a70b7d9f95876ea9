"""The addresses of the customers' pages."""

from django.urls import path

from beizai.office.customers import (
    adding,
    card,
    consent,
    editing,
    listing,
    position,
    rights,
    taking_out,
    tying,
    why,
)

urlpatterns = [
    path("customers/", listing.customers, name="customers"),
    path("customers/strips/", listing.strips_fragment, name="customers_strips"),
    path("customers/count/", listing.count_fragment, name="customers_count"),
    path("customers/export/", taking_out.export, name="customers_export"),
    path("customers/add/", adding.add, name="customer_add"),
    path("customers/add/doubles/", adding.doubles_fragment, name="customer_doubles"),
    path("customers/pick/", adding.pick_fragment, name="customer_pick"),
    path("customers/<int:customer_id>/", card.card, name="customer"),
    path("customers/<int:customer_id>/timeline/", card.timeline_fragment, name="customer_timeline"),
    path("customers/<int:customer_id>/why/<slug:kind>/", why.why_fragment, name="customer_why"),
    path("customers/<int:customer_id>/picture/<slug:key>/", card.picture, name="customer_picture"),
    path("customers/<int:customer_id>/edit/", editing.edit, name="customer_edit"),
    path("customers/<int:customer_id>/history/", editing.history_page, name="customer_history"),
    path("customers/<int:customer_id>/note/", editing.note, name="customer_note"),
    path("customers/<int:customer_id>/tags/", editing.tags, name="customer_tags"),
    path("customers/<int:customer_id>/points/", editing.points_page, name="customer_points"),
    path("customers/<int:customer_id>/ties/", tying.ties_page, name="customer_ties"),
    path("customers/<int:customer_id>/came/", tying.came, name="customer_came"),
    path("customers/position/", position.position, name="position"),
    path("customers/position/write/", position.write, name="position_write"),
    path("customers/ties/", tying.every_tie, name="ties"),
    path("customers/ties/<int:proposal_id>/", tying.decide, name="tie_decide"),
    path("r/<str:code>", tying.arrive, name="arrive"),
    path("customers/<int:customer_id>/consent/", consent.consent, name="customer_consent"),
    path("customers/<int:customer_id>/rights/", rights.rights, name="customer_rights"),
    path("customers/<int:customer_id>/rights/restrict/", rights.restrict, name="customer_restrict"),
    path("customers/<int:customer_id>/rights/erase/", rights.erase, name="customer_erase"),
    path("customers/<int:customer_id>/rights/<slug:kind>/", rights.give_out, name="customer_give_out"),
    path("customers/erased/<int:number>/", rights.certificate, name="erasure_certificate"),
]
