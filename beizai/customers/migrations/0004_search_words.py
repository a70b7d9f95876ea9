"""All words a card is found by stand in one row; a full-text index finds them by their beginnings."""

from django.db import migrations, models

# every printable ASCII sign but the quotes (which are taken out of words) is part of a word: our words part at spaces alone
_WORDS = """
CREATE VIRTUAL TABLE customers_searchwords USING fts5(
  words, detail=none, columnsize=0, prefix='1 2 3', tokenize="ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")
"""
_TABLE = """
CREATE TABLE customers_searchwords (
  rowid bigint PRIMARY KEY REFERENCES customers_customer (id) DEFERRABLE INITIALLY DEFERRED, words text NOT NULL)
"""
_INDEX = """
CREATE INDEX customers_searchwords_words ON customers_searchwords USING gin (array_to_tsvector(string_to_array(words, ' ')))
"""
_BRING = """
INSERT INTO customers_searchwords (rowid, words)
SELECT customer_id, {gathered} FROM customers_searchterm GROUP BY customer_id ORDER BY customer_id
"""


def forth(apps, schema_editor):
    bare = """replace(replace(term, '"', ''), '''', '')"""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_TABLE)
        schema_editor.execute(_BRING.format(gathered=f"string_agg({bare}, ' ')"))
        schema_editor.execute(_INDEX)
    else:
        schema_editor.execute(_WORDS)
        schema_editor.execute(_BRING.format(gathered=f"group_concat({bare}, ' ')"))


def back(apps, schema_editor):
    schema_editor.execute("DROP TABLE customers_searchwords")


class Migration(migrations.Migration):

    dependencies = [("customers", "0003_families_ties_targets")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forth, back)],
            state_operations=[
                migrations.CreateModel(
                    name="SearchWords",
                    fields=[
                        (
                            "customer",
                            models.OneToOneField(
                                db_column="rowid", db_constraint=False, on_delete=models.deletion.CASCADE,
                                primary_key=True, related_name="+", serialize=False, to="customers.customer",
                            ),
                        ),
                        ("words", models.TextField()),
                    ],
                ),
            ],
        ),
        migrations.DeleteModel(name="SearchTerm"),
    ]
