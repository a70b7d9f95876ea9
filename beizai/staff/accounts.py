"""Accounts: who may log in, with which role, and the one-time link by which somebody sets a password."""

from beizai.base.contact_points import normal_email
from beizai.base.errors import Forbidden, Invalid, NotFound
from beizai.staff.models import Role, User
from beizai.staff.shop import shop


def role_named(name: str) -> Role:
    """The role of this name, or Invalid."""
    try:
        return Role(name.strip().lower())
    except ValueError:
        raise Invalid(
            "“{name}” is not a role.", hint="Use one of: {roles}.", name=name, roles=", ".join(Role.values)
        ) from None


def find(email: str) -> User:
    """The user of this address, or NotFound."""
    found = User.objects.filter(email=normal_email(email)).first()
    if found is None:
        raise NotFound("Nobody logs in as {email}.", hint="'beizai users list' shows who does.", email=email)
    return found


def add(email: str, *, role: Role, name: str = "") -> User:
    """A new user without a password yet; Invalid where the address is taken."""
    normal = normal_email(email)
    if User.objects.filter(email=normal).exists():
        raise Invalid(
            "{email} has an account already.", hint="'beizai users reset' gives a new link.", email=normal
        )
    return User.objects.create_user(normal, None, role=role, name=name[:120])


def change_role(user: User, role: Role) -> User:
    """Another role for a user. The last owner stays one: a house needs somebody who may change its settings."""
    owners = User.objects.filter(role=Role.OWNER, is_active=True)
    if user.role == Role.OWNER and role != Role.OWNER and not owners.exclude(pk=user.pk).exists():
        raise Forbidden(
            "{email} is the only owner.", hint="Make somebody else an owner first.", email=user.email
        )
    user.role = role
    user.save(update_fields=["role"])
    return user


def password_link(user: User) -> str:
    """A link to set a password: works once, for three days."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str
    from django.urls import reverse

    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return shop().public_url.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key)
