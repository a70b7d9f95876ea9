"""A conversation, what was said in it, by chat and by mail, and what it proposes for the card."""

from django.db import models

from beizai.customers.models import Customer
from beizai.sources.models import Source
from beizai.staff.models import User


class Kind(models.TextChoices):
    TALK = "talk"
    QUESTION = "question"
    WISH = "wish"
    COMPLAINT = "complaint"
    AFTER_SALES = "after_sales"


class Way(models.TextChoices):
    CALL = "call"
    VISIT = "visit"
    EMAIL = "email"
    CHAT = "chat"
    MESSENGER = "messenger"


class Conversation(models.Model):
    """One matter with one customer: of a kind, in somebody's hands, with a day by which it is dealt with."""

    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.CASCADE, related_name="conversations"
    )  # null = nobody knows yet whose card it is
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.TALK)
    way = models.CharField(max_length=10, choices=Way.choices)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    said_at = models.DateTimeField()  # when something was last said
    closed_at = models.DateTimeField(null=True, blank=True)
    subject = models.CharField(max_length=200, blank=True)  # of a mail
    heard_id = models.BigIntegerField(default=0)  # the last thing the customer said of themselves
    read_id = models.BigIntegerField(default=0)  # the last of it that staff have read
    simulated = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["closed_at", "due_at", "id"], name="conversation_open"),
            models.Index(fields=["customer", "said_at"], name="conversation_customer"),
        ]


class Speaker(models.TextChoices):
    CUSTOMER = "customer"
    STAFF = "staff"


class Utterance(models.Model):
    """Something that was said. What an export holds twice is the same: `key` is made of who, when and what."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="utterances")
    speaker = models.CharField(max_length=10, choices=Speaker.choices)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField()
    quoted = models.TextField(blank=True)  # of a mail: what it repeats of the mails before it
    automatic = models.BooleanField(default=False)  # said by the program, and it says so
    said_at = models.DateTimeField()
    key = models.CharField(max_length=64)

    class Meta:
        ordering = ["said_at", "id"]
        constraints = [models.UniqueConstraint(fields=["conversation", "key"], name="said_once")]


class Attachment(models.Model):
    """Something that came with what was said: a picture is kept and shown, of anything else only the name and the size."""

    utterance = models.ForeignKey(Utterance, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120, blank=True)
    file = models.CharField(max_length=60, blank=True)  # empty = only listed
    bytes = models.BigIntegerField(default=0)


class Chat(models.Model):
    """A conversation on the shop's own page: who holds its link writes in it; who they are is what they say until it is proved."""

    conversation = models.OneToOneField(
        Conversation, primary_key=True, on_delete=models.CASCADE, related_name="chat"
    )
    number = models.UUIDField(unique=True)
    language = models.CharField(max_length=10)
    name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    proved_at = models.DateTimeField(null=True)  # the owner of the address confirmed that it was they
    disowned_at = models.DateTimeField(null=True)  # the owner of the address said that it was not
    anonymous_id = models.CharField(
        max_length=200, blank=True
    )  # of the page's visits, where they agreed to it
    mails = models.PositiveSmallIntegerField(default=0)  # sent to an address that is not proved
    answered_id = models.BigIntegerField(default=0)  # the last thing staff said
    shown_id = models.BigIntegerField(default=0)  # the last thing their page has shown
    mailed_id = models.BigIntegerField(default=0)  # the last thing staff said that went out by mail
    waits_since = models.DateTimeField(null=True)  # by the machine's clock; null = answered
    seen_at = models.DateTimeField(null=True)  # by the machine's clock: their page was open

    class Meta:
        indexes = [models.Index(fields=["waits_since"], name="chat_waits")]


class Desk(models.Model):
    """The shop's side of the chat: when somebody answers, how soon, what is said by itself, and on which sites. One row."""

    open = models.BooleanField(default=False)  # whether there is a chat at all
    hours = models.JSONField(
        default=dict
    )  # {"0": [["09:00", "18:00"]], ...}, 0 = Monday, the shop's own time
    holidays = models.JSONField(default=list)  # ISO dates
    answer_minutes = models.PositiveSmallIntegerField(
        default=5
    )  # then the visitor is told that nobody is there
    greeting = models.JSONField(default=dict)  # by language
    reply = models.JSONField(default=dict)  # the automatic reply to a first message, by language
    form_path = models.CharField(max_length=200, blank=True)  # of the form that the reply links to
    privacy_url = models.CharField(max_length=300, blank=True)
    sites = models.JSONField(default=list)  # origins that may show the chat on their pages
    mail_reply = models.BooleanField(default=False)  # first mails are answered by the automatic reply too

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_desk")]


class Presence(models.Model):
    """Whether a member of staff has the inbox open and says that they are there."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    here = models.BooleanField(default=False)
    seen_at = models.DateTimeField()  # by the machine's clock


class ChatAttempt(models.Model):
    """How often something was done in the chat from one address of the net, under a keyed hash."""

    bucket = models.CharField(max_length=64, unique=True)
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(db_index=True)


class Mailbox(models.Model):
    """The shop's mailbox from which mails are fetched, and how far that has come. One row."""

    host = models.CharField(max_length=200, blank=True)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=10, default="tls")  # tls | starttls | none
    user = models.CharField(max_length=200, blank=True)
    password = models.CharField(max_length=500, blank=True)  # enciphered, see staff.secrets
    folder = models.CharField(max_length=200, default="INBOX")
    address = models.CharField(max_length=254, blank=True)  # to which customers answer
    marks_seen = models.BooleanField(default=False)
    active = models.BooleanField(default=False)
    from_on = models.DateField(null=True)  # older mails stay where they are
    uid_validity = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True)  # by the machine's clock
    trouble = models.JSONField(default=dict)  # why the last time failed: {"code", "answer"}

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_mailbox")]


class FetchedMail(models.Model):
    """A mail that was fetched, by its place in the mailbox and a hash of its id; it holds nothing of a person."""

    uid_validity = models.BigIntegerField()
    uid = models.BigIntegerField()
    digest = models.CharField(max_length=64, unique=True)
    became = models.CharField(max_length=12)  # conversation | automatic | bounce | list | own | unreadable
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["uid_validity", "uid"], name="mail_fetched_once")]
        indexes = [models.Index(fields=["fetched_at"], name="mail_fetched")]


class MailHead(models.Model):
    """What an answer to a mail needs of it: its id, the ids before it, its subject, who sent it."""

    utterance = models.OneToOneField(
        Utterance, primary_key=True, on_delete=models.CASCADE, related_name="head"
    )
    message_id = models.CharField(max_length=300)
    references = models.TextField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    sender = models.CharField(max_length=254)
    sender_name = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["message_id"], name="mail_head_id"),
            models.Index(fields=["sender"], name="mail_head_sender"),
        ]


class ProposedFact(models.Model):
    """A fact a sentence seems to tell, with the sentence and the rule's version; staff take it or leave it."""

    utterance = models.ForeignKey(Utterance, on_delete=models.CASCADE, related_name="proposals")
    attribute_key = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    sentence = models.TextField()
    rule = models.CharField(max_length=60)
    rule_version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, default="open")  # open | taken | left
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utterance", "attribute_key", "value"], name="fact_proposed_once")
        ]
