"""The statements that make the rows of new cards, table by table, each in the order its table takes them best."""

NEW_IDS = """
create or replace table new_ids as
select getvariable('first_id') + row_number() over (order by row_no) - 1 as customer_id, row_no
from people where row_no not in (select row_no from met) order by row_no
"""
NEW_COUNT = "select count(*) from people where row_no not in (select row_no from met)"
SPANS = """
select min(customer_id) as first, max(customer_id) as last, min(row_no) as top, max(row_no) as bottom
from new_ids group by (customer_id - getvariable('first_id')) // $piece order by 1
"""
_CARDS = """
select i.customer_id, coalesce(p.full_name, ''), left(coalesce(p.given, ''), 100), left(coalesce(p.family, ''), 100), coalesce(p.country, ''),
  left(coalesce(p.language, ''), 10), strftime(p.birthday_on, '%Y-%m-%d'),
  left(coalesce(p.postal_address, concat_ws(chr(10), p.street, nullif(concat_ws(' ', p.postcode_meant, p.city), '')), ''), 1000), FACTS
from new_ids i join people p on p.row_no = i.row_no JOINED
where i.customer_id between $first and $last and p.row_no between $top and $bottom order by i.customer_id
"""
# One attribute of a card as it is kept: plain texts and numbers as they stand, others as they were read one by one.
_FACT = """
case when nullif(trim(p.NAME), '') is null then '' when KIND = 'text' and length(trim(p.NAME)) <= 2000
    then $key_PLACE || to_json(trim(p.NAME))::varchar || $fact_end
  when KIND = 'number' and plain_fact('number', trim(p.NAME)) then $key_PLACE || trim(p.NAME) || $fact_end
  else coalesce($key_PLACE || word_PLACE.json || $fact_end, '') end"""
_FACT_WORDS = (
    " left join fact_words word_PLACE on word_PLACE.name = 'NAME' and word_PLACE.text = trim(p.NAME)"
)


def card_rows(attributes: list[tuple[str, str]]) -> str:
    """The question for a piece of the cards; `attributes` are (column of the desk, kind), both of them words of ours."""
    told: list[str] = []
    joined: list[str] = []
    for place, (name, kind) in enumerate(attributes):
        for text, parts in ((_FACT, told), (_FACT_WORDS, joined)):
            parts.append(text.replace("NAME", name).replace("PLACE", str(place)).replace("KIND", f"'{kind}'"))
    facts = "'{' || substr(concat(" + ", ".join(told) + "), 2) || '}'" if told else "'{}'"
    return _CARDS.replace("FACTS", facts).replace("JOINED", "".join(joined))


# The words cards are found by, as customers.search makes and thins them (`in_a_row`).
WORD_ROWS = """
with few as (
  select i.customer_id, p.number, p.email_normal, p.phone_normal, p.phone_national, concat_ws(' ', p.full_name, p.given, p.family, p.number) as text
  from new_ids i join people p on p.row_no = i.row_no
  where i.customer_id between $first and $last and p.row_no between $top and $bottom
), words as (
  select customer_id, list_sort(list_distinct(string_split(concat_ws(' ', coalesce(o.words, translate(lower(f.text), '.,&/-', '     ')),
    lower(bare(left(number, 64))), bare(left(email_normal, 64)), translate(bare(split_part(email_normal, '@', 1)), '._+-', '    '),
    substr(phone_normal, 2), right(phone_normal, 4), '0' || phone_national), ' '))) as words
  from few f left join name_words o on o.text = f.text
)
select customer_id, array_to_string(list_filter(words, lambda x, i: x <> '' and not starts_with(coalesce(words[i + 1], ''), x)), ' ')
from words where len(words) > 1 or words[1] <> '' order by customer_id
"""
WORD_MACROS = """
create or replace macro bare(x) as case when contains(x, '''') or contains(x, '"') or contains(x, chr(92)) then translate(x, '''"' || chr(92), '') else x end;
"""
NUMBER_ROWS = """
select i.customer_id, p.number from new_ids i join people p on p.row_no = i.row_no where p.number is not null order by p.number
"""
POINT_ROWS = """
select i.customer_id, 'email' as channel, p.address as value, p.email_normal as normal
from new_ids i join people p on p.row_no = i.row_no where p.email_normal is not null
union all
select i.customer_id, 'phone', left(p.phone, 254), p.phone_normal from new_ids i join people p on p.row_no = i.row_no where p.phone_normal is not null
order by normal, channel
"""
# each tag of a cell once (as entries.tags_of reads them)
TAG_ROWS = """
select customer_id, tag from (
  select i.customer_id, unnest(list_distinct(list_transform(string_split(replace(p.tags, ';', ','), ','), lambda x: left(trim(x), 60)))) as tag
  from new_ids i join people p on p.row_no = i.row_no where p.tags is not null
) where tag <> '' order by customer_id
"""
# Every row's own decision, on the card its person has: refusals always, permissions with their proof.
DECISIONS = """
create table decisions as
with owners as (
  select row_no, customer_id from new_ids union all select row_no, customer_id from met
), rows as (
  select j.*, coalesce(g.leader, j.row_no) as leader from judged_people j left join grouped g on g.row_no = j.row_no
  where reason is null and (proved or answer = 'no')
)
select o.customer_id, r.row_no, r.answer, coalesce(r.consent_text, getvariable('consent_header') || ': ' || r.answer_text) as text,
  coalesce(r.consent_where, '') as place, coalesce(r.agreed_at, getvariable('now_utc')) as decided_at
from rows r join owners o on o.row_no = r.leader order by o.customer_id, r.row_no
"""
DECISION_COUNT = "select count(*) from decisions"
DECISION_ROWS = """
select customer_id, case answer when 'yes' then 'email' else '' end, case answer when 'yes' then 'granted' else 'refused' end, text, sha256(text),
  '{"import":' || $import_id || ',"file":' || to_json($file_name::varchar) || ',"row":' || row_no || ',"where":' || to_json(place) || '}',
  strftime(decided_at, $format)
from decisions order by customer_id, row_no
"""
