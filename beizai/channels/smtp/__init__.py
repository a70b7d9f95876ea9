"""Email over SMTP: connections used again and again, replies matched to what was asked, every fault with its words."""

from beizai.channels.smtp.driver import SmtpDriver
from beizai.channels.smtp.session import SmtpServer, Timeouts

__all__ = ["SmtpDriver", "SmtpServer", "Timeouts"]
