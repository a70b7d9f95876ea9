"""The chat on the shop's own page: a visitor writes, staff answer, nothing is lost or doubled on the way."""
