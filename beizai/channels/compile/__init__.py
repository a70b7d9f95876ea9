"""The message compiler: what a marketer wrote becomes, once per campaign, a mail that is filled in microseconds. Pure."""

from beizai.channels.compile.envelope import (
    Outgoing,
    Recipient,
    Sender,
    a_label,
    message_id,
    outgoing,
    read_return_path,
    return_path,
    values_of,
)
from beizai.channels.compile.fields import UNSUBSCRIBE, Field, Fields
from beizai.channels.compile.markup import Link
from beizai.channels.compile.template import Mail, Source, compile_mail, dotted, subject_line

__all__ = [
    "UNSUBSCRIBE",
    "Field",
    "Fields",
    "Link",
    "Mail",
    "Outgoing",
    "Recipient",
    "Sender",
    "Source",
    "a_label",
    "compile_mail",
    "dotted",
    "message_id",
    "outgoing",
    "read_return_path",
    "return_path",
    "subject_line",
    "values_of",
]
