"""The book as the matcher reads it: each distinct spelling once, each card a row of numbers pointing to them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beizai.base.errors import Invalid
from beizai.identity.matching import normal
from beizai.identity.matching.settings import ROLES, WHOLE_NAME, Kind, Settings

Codes = NDArray[np.int32]
WIDTH = 32  # letters looked at; two long texts that differ only later are found by their words

_PLAIN = {
    Kind.NAME: normal.plain_text,
    Kind.TEXT: normal.plain_text,
    Kind.NUMBER: normal.plain_text,
    Kind.DATE: normal.plain_date,
    Kind.PHONE: normal.plain_phone,
    Kind.EMAIL: normal.plain_email,
}


@dataclass(frozen=True)
class Spellings:
    """The distinct plain forms of a field. All arrays have one entry per form."""

    texts: pa.Array
    letters: NDArray[np.uint16]  # (forms, WIDTH), 0 after the end
    lengths: NDArray[np.int64]
    bags: NDArray[np.uint64]  # which letters occur, as bits
    words: NDArray[np.uint64]  # which words occur, as bits; 0 for fields that are not text
    parts: NDArray[
        np.int32
    ]  # what a level of the kind looks at: last digits, local part and all but digits, (year, month, day)


@dataclass(frozen=True)
class Column:
    """One field of all cards: as written, in plain form (numbers of `spellings`), and how many cards have each form."""

    kind: Kind
    written: Codes  # -1 where not known
    plain: Codes
    spellings: Spellings
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Cards:
    """All cards in the order of their ids."""

    ids: NDArray[np.int64]
    columns: dict[str, Column]

    def __len__(self) -> int:
        return len(self.ids)


def cards_of(table: pa.Table, settings: Settings) -> Cards:
    """Reads the table: `id_column` of whole numbers, each once; the other columns text or dates."""
    missing = sorted({settings.id_column, *settings.columns.values()} - set(table.column_names))
    if missing:
        raise Invalid("The table has no column “{column}”.", column=missing[0])
    ids = table[settings.id_column].to_numpy().astype(np.int64)
    order = np.argsort(ids, kind="stable")
    if len(ids) > 1 and (np.diff(ids[order]) == 0).any():
        raise Invalid("Two rows have the same id.", hint="Each card is given once.")
    texts = _texts(table.take(pa.array(order)) if (np.diff(ids) < 0).any() else table, settings)
    columns: dict[str, Column] = {}
    for together in _same_dictionary(texts):
        kind = ROLES[together[0]].kind
        columns |= dict(zip(together, _columns([texts[role] for role in together], kind), strict=True))
    return Cards(ids[order], {role.name: columns[role.name] for role in settings.roles})


def _texts(table: pa.Table, settings: Settings) -> dict[str, pa.Array]:
    out = {role: _text(table[column]) for role, column in settings.columns.items()}
    whole = out.pop(WHOLE_NAME, None)
    if whole is not None:
        given, family = normal.halves(whole)
        unknown = pc.and_(
            pc.is_null(out.get("given_name", given)), pc.is_null(out.get("family_name", family))
        )
        for role, half in (("given_name", given), ("family_name", family)):
            out[role] = pc.if_else(unknown, half, out[role]) if role in out else half
    return out


def _text(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], pa.string())
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.string())


def _same_dictionary(texts: dict[str, pa.Array]) -> list[list[str]]:
    """Given and family name share their spellings, so that exchanged ones are seen."""
    names = [role for role in texts if ROLES[role].kind is Kind.NAME]
    return [*([names] if names else []), *([role] for role in texts if role not in names)]


def _columns(arrays: list[pa.Array], kind: Kind) -> list[Column]:
    raw = pa.concat_arrays(arrays).dictionary_encode()
    tidied = normal.tidy(raw.dictionary)
    written = tidied.dictionary_encode()
    plain = _PLAIN[kind](written.dictionary).dictionary_encode()
    spellings = _spellings(written.dictionary, plain, kind)
    to_written = _then(_codes(raw.indices), _codes(written.indices))
    to_plain = _then(to_written, _codes(plain.indices))
    out, start = [], 0
    for array in arrays:
        rows = slice(start, start + len(array))
        known = to_plain[rows][to_plain[rows] >= 0]
        counts = np.bincount(known, minlength=max(len(spellings.texts), 1))
        out.append(Column(kind, to_written[rows], to_plain[rows], spellings, counts))
        start += len(array)
    return out


def _codes(indices: pa.Array) -> Codes:
    codes: Codes = pc.fill_null(indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes


def _then(first: Codes, second: Codes) -> Codes:
    """The second coding applied to the first; unknown stays unknown."""
    return np.append(second, np.int32(-1))[first]


def _spellings(written: pa.Array, plain: pa.DictionaryArray, kind: Kind) -> Spellings:
    texts = plain.dictionary
    letters = _letters(texts)
    return Spellings(
        texts=texts,
        letters=letters,
        lengths=(letters != 0).sum(axis=1).astype(np.int64),
        bags=_bags(letters),
        words=_words(written, _codes(plain.indices), len(texts))
        if kind is Kind.TEXT
        else np.zeros(len(texts), np.uint64),
        parts=_parts(texts, kind),
    )


def _letters(texts: pa.Array) -> NDArray[np.uint16]:
    """At least one row, so that -1 may be looked up harmlessly in a column without any value."""
    listed = pc.utf8_slice_codeunits(texts, 0, WIDTH).to_pylist() or [""]
    return np.array(listed, dtype=f"U{WIDTH}").view(np.uint32).reshape(-1, WIDTH).astype(np.uint16)


def _bags(letters: NDArray[np.uint16]) -> NDArray[np.uint64]:
    bags = np.zeros(len(letters), np.uint64)
    for place in range(letters.shape[1]):
        letter = letters[:, place]
        bags |= np.where(letter > 0, np.uint64(1) << (letter % 64).astype(np.uint64), np.uint64(0))
    return bags


def _words(written: pa.Array, to_plain: Codes, forms: int) -> NDArray[np.uint64]:
    """The words of each plain form as bits of their hash; of several writings of one form the last counts."""
    lists = pc.split_pattern(pc.fill_null(normal.plain_words(written), ""), " ")
    encoded = lists.values.dictionary_encode()
    bit = (
        np.arange(max(len(encoded.dictionary), 1), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    ) >> np.uint64(58)
    bits = np.uint64(1) << bit[encoded.indices.to_numpy()]
    starts = lists.offsets.to_numpy()[:-1]
    out = np.zeros(max(forms, 1), np.uint64)
    if len(starts):
        each = np.bitwise_or.reduceat(bits, starts)
        out[to_plain[to_plain >= 0]] = each[to_plain >= 0]
    return out


def _parts(texts: pa.Array, kind: Kind) -> NDArray[np.int32]:
    """(forms, 1), of an email (forms, 2), of a date (forms, 3): the numbers a level of this kind compares; -1 where there is none."""
    if kind is Kind.PHONE:
        return _coded(pc.if_else(pc.greater_equal(pc.utf8_length(texts), 7), _ending(texts), None))
    if kind is Kind.EMAIL:
        local = pc.struct_field(pc.extract_regex(texts, r"^(?P<local>[^@]+)@"), "local")
        return np.hstack([_coded(local), _coded(pc.replace_substring_regex(texts, r"\d+", ""))])
    if kind is Kind.DATE:
        good = pc.if_else(pc.match_substring_regex(texts, r"^\d{8}$"), texts, None)
        number = pc.fill_null(good.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
        date = np.stack([number // 10000, number // 100 % 100, number % 100], axis=1)
        return np.where(number[:, None] < 0, -1, date).astype(np.int32)
    return np.zeros((max(len(texts), 1), 1), np.int32)


def _ending(texts: pa.Array) -> pa.Array:
    return pc.utf8_slice_codeunits(texts, -7)


def _coded(texts: pa.Array) -> NDArray[np.int32]:
    return _codes(texts.dictionary_encode().indices)[:, None]
