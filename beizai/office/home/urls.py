"""The addresses of the home page and of the boxes that may come after it."""

from django.urls import path

from beizai.office.home import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("home/figures/", pages.figures_fragment, name="home_figures"),
    path("home/week/", pages.week_fragment, name="home_week"),
    path("home/aims/", pages.aims_fragment, name="home_aims"),
    path("home/trade/", pages.trade_fragment, name="home_trade"),
    path("home/came/", pages.came_fragment, name="home_came"),
]
