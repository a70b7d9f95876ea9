"""The statements by which a whole file meets the book: the rule of `same`, for every row at once.

They read `arrivals` (row_no, number, email, phone, name; each row one person of the file) and `met` (row_no, customer_id,
because), which holds those known by number, and fill `met` and `maybe` (row_no, card_id, reason).
"""

TABLES = """
create or replace table holders (email boolean, normal varchar, number bigint, verified boolean, stands boolean, own boolean);
create or replace table leads (number bigint, card_id bigint);
create or replace table called (card_id bigint, name varchar);
create or replace table said_shared (email boolean, normal varchar, shared boolean);
create or replace table compared (one varchar, other varchar, verdict varchar);
create or replace table numbered (card_id bigint);
create or replace table maybe (row_no bigint, card_id bigint, reason varchar);
"""
# Addresses the book is asked about. By phone nobody is looked for whom a number has found: it contradicts nothing.
ASKED_EMAILS = "create or replace table asked_points as select distinct email as normal from arrivals where email is not null"
ASKED_PHONES = """
create or replace table asked_points as
select distinct phone as normal from arrivals where phone is not null and row_no not in (select row_no from met)
"""
# Addresses are read from the book in pieces; those no row of the file has are dropped at once.
TAKE_EMAILS = (
    "insert into holders select true, i.* from incoming i semi join asked_points a on a.normal = i.normal"
)
TAKE_PHONES = (
    "insert into holders select false, i.* from incoming i semi join asked_points a on a.normal = i.normal"
)
# One line for each address and card; a joint card counts once, with whatever any of its numbers has.
KEPT = """
create or replace table kept as
select h.email, h.normal, coalesce(l.card_id, h.number) as card_id, bool_or(h.verified) as verified, bool_or(h.stands) as stands, bool_or(h.own) as own
from holders h left join leads l on l.number = h.number group by all
"""
POINTS = """
create or replace table points as
with counted as (select email, normal, count(*) as cards, any_value(card_id) as card_id from kept group by all)
select c.*, c.cards > $limit as crowded, coalesce(s.shared, c.cards > $limit) as shared
from counted c left join said_shared s on s.email = c.email and s.normal = c.normal
"""
# What the rows ask by; whom a number has found asks only by an email that another card has.
ASKS = """
create or replace table asks as
select a.row_no, true as email, a.email as normal, coalesce(trim(a.name), '') as name, m.row_no is null and a.number is not null as with_number
from arrivals a join points p on p.email and p.normal = a.email left join met m on m.row_no = a.row_no
where m.row_no is null or p.cards > 1 or p.card_id <> m.customer_id
union all
select a.row_no, false, a.phone, coalesce(trim(a.name), ''), a.number is not null
from arrivals a join points p on not p.email and p.normal = a.phone anti join met m on m.row_no = a.row_no;
create or replace table kept as from kept semi join asks on asks.email = kept.email and asks.normal = kept.normal
"""
KEPT_CARDS = "select distinct card_id from kept"
# Names that are not letter for letter the same are compared one by one, each two once.
NAMES_OF_CARDS = """
select distinct a.name, b.name from kept x join kept y on x.email = y.email and x.normal = y.normal and x.card_id < y.card_id
join points p on p.email = x.email and p.normal = x.normal join called a on a.card_id = x.card_id join called b on b.card_id = y.card_id
where not p.crowded and not p.shared and lower(a.name) <> lower(b.name) and a.name <> '' and b.name <> ''
"""
SHARED_BY_NAMES = """
update points set shared = true from (
  select distinct x.email, x.normal from kept x join kept y on x.email = y.email and x.normal = y.normal and x.card_id < y.card_id
  join called a on a.card_id = x.card_id join called b on b.card_id = y.card_id
  join compared n on n.one = a.name and n.other = b.name where n.verdict = 'differ'
) d where points.email = d.email and points.normal = d.normal
  and not exists (from said_shared s where s.email = points.email and s.normal = points.normal)
"""
# What very many have leads only to the one card of the very same name: not every row is laid beside every card.
PAIRS = """
create or replace table pairs as
with named as (
  select k.*, p.shared, p.crowded, coalesce(trim(c.name), '') as called from kept k join points p on p.email = k.email and p.normal = k.normal
  left join called c on c.card_id = k.card_id
), alone as (
  select email, normal, lower(called) as key, any_value(card_id) as card_id, bool_or(verified) as verified, bool_or(stands) as stands, bool_or(own) as own
  from named where crowded group by all having count(*) = 1
), laid as (
  select a.row_no, a.email, a.with_number, a.name, n.card_id, n.verified, n.stands, n.own, n.shared, false as crowded, n.called
  from asks a join named n on n.email = a.email and n.normal = a.normal and not n.crowded
  union all
  select a.row_no, a.email, a.with_number, a.name, n.card_id, n.verified, n.stands, n.own, true, true, a.name
  from asks a join alone n on n.email = a.email and n.normal = a.normal and n.key = lower(a.name)
)
select *, false as numbered, case when lower(name) = lower(called) then 'same' when name = '' or called = '' then 'unsaid' end as verdict from laid
"""
# A card that has another number in the source is another customer's, whatever it shares.
WITH_NUMBER = "select distinct card_id from pairs where with_number"
NUMBERED = "update pairs set numbered = true where with_number and card_id in (select card_id from numbered)"
NAMES_OF_ROWS = """
select distinct name, called from pairs where verdict is null and not exists (from compared c where c.one = name and c.other = called)
"""
JUDGED = """
update pairs set verdict = c.verdict from compared c where pairs.verdict is null and c.one = pairs.name and c.other = pairs.called
"""
# As `same.decide`: those that can be, then the only one, the one of the same name, the one it was proved on, this source's own.
DECIDED = """
create or replace table decided as
with able as (
  select * from pairs where stands and not numbered and verdict <> 'differ' and (verdict = 'same' or email and not shared)
)
select row_no, email, case
    when count(*) = 1 then any_value(card_id)
    when count(*) filter (verdict = 'same') = 1 then any_value(card_id) filter (verdict = 'same')
    when count(*) filter (verified) = 1 then any_value(card_id) filter (verified)
    when count(*) filter (own) = 1 then any_value(card_id) filter (own)
  end as card_id
from able group by row_no, email
"""
# A card is never met by two different numbers of the source: the first row has it.
MEET = """
insert into met select d.row_no, d.card_id, $because from decided d join arrivals a on a.row_no = d.row_no
where d.email = $email and d.card_id is not null and d.row_no not in (select row_no from met)
qualify a.number is null or row_number() over (partition by d.card_id, a.number is not null order by d.row_no) = 1
"""
# A card that one row of this call has by its number is not another number's, by its phone, in the same file.
TAKEN = """
create or replace table taken as select distinct m.customer_id as card_id from met m join arrivals a on a.row_no = m.row_no
where a.number is not null
"""
FORGET_TAKEN = """
update decided set card_id = null from arrivals a where a.row_no = decided.row_no and not decided.email and a.number is not null
  and decided.card_id in (select card_id from taken)
"""
# As `same.doubt`, and what two ways lead to; of several reasons the one that says most. Nobody is laid beside what very many have.
MAYBE = """
insert into maybe
with found as (
  select d.row_no, d.card_id, 'two_ways' as reason, 0 as place from decided d join met m on m.row_no = d.row_no
  where d.card_id is not null and d.card_id <> m.customer_id
  union all
  select p.row_no, p.card_id, case
      when verdict = 'differ' then case when email and not shared then 'other_name' end
      when not stands then 'claimed'
      when numbered then case when email or verdict = 'same' then 'another_number' end
      when not email and verdict <> 'same' then case when not shared then 'phone_alone' end
      when shared and verdict <> 'same' then 'shared'
      else 'several' end, 1
  from pairs p left join met m on m.row_no = p.row_no
  where not p.crowded and (m.row_no is null or m.because in ('email', 'phone') and m.customer_id <> p.card_id)
)
select row_no, card_id, arg_min(reason, place) from found where reason is not null group by row_no, card_id
"""
DOUBTS = "select reason, count(distinct row_no) from maybe group by reason order by reason"
DOUBTFUL = """
select reason, row_no, card_id from maybe qualify row_number() over (partition by reason order by row_no, card_id) <= 3 order by reason, row_no, card_id
"""
