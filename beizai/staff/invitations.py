"""The one-time link by which somebody sets their own password: printed by `init` and `users reset`, or mailed."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str

from beizai.staff.models import User
from beizai.staff.shop import shop


def password_link(user: User, base_url: str = "") -> str:
    """An address that lets this person choose a password once, within three days; a new password makes it useless."""
    key = default_token_generator.make_token(user)
    base = (base_url or shop().public_url).rstrip("/")
    return f"{base}/account/password/reset/key/{user_pk_to_url_str(user)}-{key}/"
