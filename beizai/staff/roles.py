"""What each role may do, in one table."""

from enum import StrEnum

from beizai.staff.models import Role, User


class May(StrEnum):
    """One thing a person may or may not do in the office."""

    SEE_CONTACT_POINTS = "see_contact_points"
    SEE_NAMES = "see_names"
    SEE_CUSTOMERS = "see_customers"
    EDIT_CUSTOMERS = "edit_customers"
    USE_TILL = "use_till"
    EXPORT = "export"
    IMPORT = "import"
    SEE_VALUE = "see_value"
    SEE_SEGMENTS = "see_segments"
    EDIT_SEGMENTS = "edit_segments"
    SEE_CAMPAIGNS = "see_campaigns"
    EDIT_CAMPAIGNS = "edit_campaigns"
    APPROVE_CAMPAIGNS = "approve_campaigns"
    SEE_RESULTS = "see_results"
    CHANGE_SETTINGS = "change_settings"
    MANAGE_USERS = "manage_users"


_MARKETER = frozenset(May) - {May.CHANGE_SETTINGS, May.MANAGE_USERS}

ALLOWED: dict[str, frozenset[May]] = {
    Role.OWNER: frozenset(May),
    Role.MARKETER: _MARKETER,
    Role.STAFF: frozenset(
        {May.SEE_CUSTOMERS, May.SEE_NAMES, May.SEE_CONTACT_POINTS, May.EDIT_CUSTOMERS, May.USE_TILL}
    ),
    Role.ANALYST: frozenset(
        {
            May.SEE_CUSTOMERS,
            May.SEE_VALUE,
            May.SEE_SEGMENTS,
            May.EDIT_SEGMENTS,
            May.SEE_CAMPAIGNS,
            May.SEE_RESULTS,
        }
    ),
}


def may(user: User, what: May) -> bool:
    """Whether this user's role allows it; nobody inactive may do anything."""
    return user.is_active and what in ALLOWED.get(user.role, frozenset())
