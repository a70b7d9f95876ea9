"""Two ways to ask the database that its own words do not offer: by the beginnings of words, and along one index only."""

from typing import Any

from django.db.models import Field, Lookup, TextField, Transform


@TextField.register_lookup
class Beginning(Lookup):
    """`words__beginning=("elo", "mar")`: a word begins with each of them. `words__saying=(...)`: each stands whole.

    On SQLite the words are a full-text table (asked by its own name), on PostgreSQL a text with an index of its words.
    """

    lookup_name = "beginning"
    prepare_rhs = False
    _more, _any = "*", ":*"

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (value,)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        quote = connection.ops.quote_name
        table = self.lhs.target.model._meta.db_table
        asked = " ".join(f'"{word}"{self._more}' for word in self.rhs)
        # both names come from Django; FTS5 wants the table's own name as the column
        return f"{quote(self.lhs.alias)}.{quote(table)} MATCH %s", (asked,)

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        asked = " & ".join(f"'{word}'{self._any}" for word in self.rhs).replace("\\", "\\\\")
        # the column's SQL comes from Django; the same expression is indexed
        return f"array_to_tsvector(string_to_array({column}, ' ')) @@ %s::tsquery", (*params, asked)


@TextField.register_lookup
class Saying(Beginning):
    """`words__saying=("elo",)`: the words themselves."""

    lookup_name = "saying"
    _more, _any = "", ""


@Field.register_lookup
class Passing(Transform):
    """`tier__passing="key_account"`: looked at in passing, while another index is walked in its order.

    SQLite keeps no statistics by itself and would sort half the book to show fifty rows; its "+" before a column keeps
    the column's own index out of the plan. PostgreSQL knows better and gets the column as it is.
    """

    lookup_name = "passing"

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = compiler.compile(self.lhs)
        return sql, tuple(params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = compiler.compile(self.lhs)
        return f"+{sql}", tuple(params)  # the column's SQL comes from Django
