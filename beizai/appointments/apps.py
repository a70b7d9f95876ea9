"""The room of appointments."""

from django.apps import AppConfig


class AppointmentsConfig(AppConfig):
    """Services, staff hours, bookings."""

    name = "beizai.appointments"
    label = "appointments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from beizai.appointments import personal  # noqa: F401  (registers what is held of a person)
