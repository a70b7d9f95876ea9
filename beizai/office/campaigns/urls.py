"""The addresses of campaigns and of the message ledger."""

from django.urls import path

from beizai.office.campaigns import aiming, approving, choosing, ledger, listing, words

_ONE = "campaigns/<int:number>/"

urlpatterns = [
    path("campaigns/", listing.campaigns, name="campaigns"),
    path("campaigns/new/", aiming.new, name="campaign_new"),
    path("campaigns/ledger/", ledger.ledger, name="ledger"),
    path("campaigns/messages/<int:number>/", ledger.message, name="message"),
    path("campaigns/messages/<int:number>/<slug:part>/", ledger.message_part, name="message_part"),
    path(_ONE, approving.campaign, name="campaign"),
    path(f"{_ONE}aim/", aiming.aim, name="campaign_aim"),
    path(f"{_ONE}outlook/", aiming.aim_outlook, name="campaign_outlook"),
    path(f"{_ONE}words/", words.words, name="campaign_words"),
    path(f"{_ONE}look/", words.look, name="campaign_look"),
    path(f"{_ONE}who/", choosing.who, name="campaign_who"),
    path(f"{_ONE}who/counted/", choosing.who_counted, name="campaign_who_counted"),
    path(f"{_ONE}try/", approving.trial, name="campaign_try"),
    path(f"{_ONE}approve/", approving.approve, name="campaign_approve"),
    path(f"{_ONE}approve/counted/", approving.approve_counted, name="campaign_approve_counted"),
    path(f"{_ONE}approve/now/", approving.approve_now, name="campaign_approve_now"),
    path(f"{_ONE}progress/", approving.progress, name="campaign_progress"),
    path(f"{_ONE}send/", approving.send, name="campaign_send"),
    path(f"{_ONE}pause/", approving.pause, name="campaign_pause"),
    path(f"{_ONE}resume/", approving.resume, name="campaign_resume"),
    path(f"{_ONE}copy/", approving.copy, name="campaign_copy"),
]
