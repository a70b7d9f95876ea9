"""What a mail says itself and what it repeats of the mails before it (pure)."""

import re

_LONGEST_LINES = 20_000
_NAMED = re.compile(
    r"^\s*(on\b.{4,200}\bwrote|le\b.{4,200}\ba écrit|am\b.{4,200}\bschrieb.{0,80}|el\b.{4,200}\bescribió"
    r"|在.{4,200}写道|.{4,200}于.{4,80}写道)\s*[:：]\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"^\s*[-_]{2,}\s*(original message|message d['’]origine|ursprüngliche nachricht|原始邮件|原始郵件|mensaje original"
    r"|forwarded message|message transféré)\s*[-_]{2,}\s*$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*\*?(from|de|von|发件人|寄件者)\s?\*?\s*[:：].{3,}", re.IGNORECASE)
_HEAD_NEXT = re.compile(
    r"^\s*\*?(sent|date|envoyé|gesendet|发送时间|日期|to|à|an|收件人)\s?\*?\s*[:：]", re.IGNORECASE
)


def parted(text: str) -> tuple[str, str]:
    """The text's own words, and what it quotes from there to its end.

    Lines quoted in between, with an answer under each, stay: they are part of what is said.

    >>> parted("Yes, please.\\n\\nOn 14 Apr 2026, Lin Tea wrote:\\n> In black?\\n> Or blue?")
    ('Yes, please.', 'On 14 Apr 2026, Lin Tea wrote:\\n> In black?\\n> Or blue?')
    >>> parted("> In black?\\nYes.\\n> Size 38?\\nYes.")[1]
    ''
    """
    lines = text.replace("\r\n", "\n").split("\n")[:_LONGEST_LINES]
    at = next((number for number, _line in enumerate(lines) if _begins(lines, number)), len(lines))
    own, quoted = lines[:at], lines[at:]
    if not quoted:
        end = len(lines)
        while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
            end -= 1
        if any(line.lstrip().startswith(">") for line in lines[end:]):
            own, quoted = lines[:end], lines[end:]
    said = "\n".join(own).strip()
    return (said, "\n".join(quoted).strip()) if said else ("\n".join(lines).strip(), "")


def _begins(lines: list[str], at: int) -> bool:
    """Whether what is quoted begins in this line: somebody wrote, a rule, or the heads of another mail."""
    line = lines[at]
    if len(line) > 400:
        return False
    if _RULE.match(line):
        return True
    joined = (
        line
        if at + 1 == len(lines) or line.rstrip().endswith((":", "："))
        else f"{line} {lines[at + 1]}"[:400]
    )
    if _NAMED.match(line) or (_NAMED.match(joined) and not lines[at + 1].startswith(">")):
        rest = [one for one in lines[at + 1 :] if one.strip()]
        quotes = sum(one.lstrip().startswith(">") for one in rest)
        return not quotes or quotes * 2 >= len(rest) or _ends_quoted(rest)
    following = [one for one in lines[at + 1 : at + 5] if one.strip()]
    return bool(_HEAD.match(line)) and any(_HEAD_NEXT.match(one) for one in following[:2])


def _ends_quoted(rest: list[str]) -> bool:
    return bool(rest) and rest[-1].lstrip().startswith(">")
