"""The statements that turn the cells of a customers file into people, in one place to be read.

They run beside those of `statements`; what needs more than SQL is read word by word into the small tables.
"""

from beizai.imports.statements import CUSTOMER_CELLS, CUSTOMER_CELLS_ALONE

WORD_TABLES = """
create table birthday_words (text varchar, day date);
create table moment_words (text varchar, moment timestamp);
create table domain_words (domain varchar, meant varchar);
create table email_words (text varchar, normal varchar);
create table phone_words (text varchar, country varchar, normal varchar, national varchar);
create table name_words (text varchar, words varchar);
create table fact_words (name varchar, text varchar, json varchar);
create table fact_keys (name varchar, place integer, key varchar, kind varchar);
create table grouped (row_no bigint, leader bigint);
create table met (row_no bigint, customer_id bigint, because varchar);
create table padded (row_no bigint, field varchar, before varchar, after varchar);
create table known_short (number varchar);
create table fixed_postcodes (country varchar, width integer, zeros integer);
"""

_NAMED = """
create table told (row_no, problem, number, name, given, family, email, phone, postal_address, street, postcode, city, birthday, country_text,
  language, tags, answer_text, consent_text, consent_where, consent_at) as
"""
TOLD = _NAMED + CUSTOMER_CELLS_ALONE
TOLD_MORE = _NAMED + CUSTOMER_CELLS
FORGET_TOLD = "drop view meant; drop view placed; drop table told"

# The email and phone as they are to be read, and the country they are dialled in.
PLACED = """
create view placed as
select t.* replace (case when starts_with(email, 'mailto:') or strlen(email) > 254 then left(regexp_replace(email, '^mailto:', ''), 254) else email end as email),
  c.code as country, coalesce(c.code, getvariable('home')) as dials
from told t left join country_words c on c.text = t.country_text
"""
# The customers an orders file names, as people of whom nothing else is told.
TOLD_OF_ORDERS = """
create table told as
select row_no, null::varchar as problem, number, name, null::varchar as given, null::varchar as family, email, phone, null::varchar as postal_address,
  null::varchar as street, null::varchar as postcode, null::varchar as city, null::varchar as birthday, country as country_text,
  null::varchar as language, null::varchar as tags, null::varchar as answer_text, null::varchar as consent_text,
  null::varchar as consent_where, null::varchar as consent_at
from told_people;
insert into country_words select distinct country, country from told_people
where regexp_full_match(country, '[A-Z]{2}') and country not in (select text from country_words)
"""
PEOPLE_OF_ORDERS = "create view people as select * from judged_people"
COUNTRIES = "select distinct country_text from told where country_text is not null"
DOMAINS = """
select distinct lower(substr(email, strpos(email, '@') + 1)) from placed where strpos(email, '@') > 0
"""
MEANT = """
create view meant as
select p.*, case when d.meant is not null then left(email, strpos(email, '@')) || d.meant end as email_meant,
  case when d.meant is not null and getvariable('mend_typos') then left(email, strpos(email, '@')) || d.meant else email end as address
from placed p left join domain_words d on d.domain = lower(substr(email, strpos(email, '@') + 1)) and strpos(email, '@') > 0
"""
# the plain form of base.contact_points; what has another is read there, word by word
EMAIL_MACROS = """
create macro plain_email(x) as strlen(x) = length(x) and strlen(x) <= 254 and strpos(x, '@') <= 65 and regexp_full_match(lower(x),
  '[a-z0-9_+-]+(?:[.][a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]{2,24}');
create macro digits_of(x) as translate(x, '+ .()-' || chr(160), '');
create macro dialled(x) as translate(x, '0123456789+ .()-' || chr(160), '') = '' and strpos(substr(x, 2), '+') = 0;
"""
ODD_EMAILS = "select distinct address from meant where address is not null and not plain_email(address)"
DIALLING = (
    "select dials, count(*) as n from placed where phone is not null group by dials order by n desc limit 20"
)
# As phonenumbers reads them (see dialling.py): only numbers of a shape about which there is no doubt.
PLAIN_PHONES = """
insert into phone_words
select text, $country, '+' || $code || nsn, nsn from (
  select text, case
    when text[1] = '+' then case when starts_with(digits, $code) then substr(digits, length($code) + 1) end
    when starts_with(digits, $code) or case when $plain then starts_with(digits, $abroad) else regexp_matches(digits, $abroad) end then null
    when $plain then case when $prefix <> '' and starts_with(digits, $prefix) then substr(digits, length($prefix) + 1) else digits end
    when regexp_matches(digits, $before) then case when regexp_extract(digits, $before) = $prefix then substr(digits, length($prefix) + 1) end
    else digits end as nsn
  from (select distinct phone as text, digits_of(phone) as digits from placed where phone is not null and dials is not distinct from $country
    and dialled(phone))
) where regexp_full_match(nsn, $pattern) and list_contains($lengths, length(nsn)) and not case when $plain then $prefix <> '' and starts_with(nsn, $prefix) else regexp_matches(nsn, $before) end
"""
ODD_PHONES = """
select distinct phone, dials from placed p where phone is not null and not digits_lost(phone)
  and not exists (from phone_words w where w.text = p.phone and w.country is not distinct from p.dials)
"""

JUDGED_PEOPLE = """
create table judged_people as
with read as (
  select p.*, case when plain_email(address) then lower(address) else e.normal end as email_normal,
    case when not digits_lost(phone) then w.normal end as phone_normal, w.national as phone_national,
    b.day as birthday_on, m.moment as agreed_at,
    coalesce(nullif(p.name, ''), nullif(concat_ws(' ', left(given, 100), left(family, 100)), '')) as full_name,
    case when getvariable('mend_postcodes') and regexp_full_match(postcode, '[0-9]{4}') and list_contains(getvariable('five_digits'), dials)
      then '0' || postcode else postcode end as postcode_meant,
    case when lower(answer_text) in (select unnest(getvariable('no_words'))) then 'no'
      when lower(answer_text) in (select unnest(getvariable('yes_words'))) or consent_text is not null then 'yes' end as answer
  from meant p
  left join email_words e on e.text = p.address
  left join phone_words w on w.text = p.phone and w.country is not distinct from p.dials
  left join birthday_words b on b.text = p.birthday
  left join moment_words m on m.text = p.consent_at
)
select *, case
    when problem is not null then problem || ':'
    when coalesce(number, name, given, family, email, phone) is null then 'nobody:'
    when length(number) > 200 then 'text_too_long:customer'
    when length(name) > 200 then 'text_too_long:name'
    when length(given) > 200 then 'text_too_long:given_name'
    when length(family) > 200 then 'text_too_long:family_name'
    when digits_lost(number) then 'digits_lost:customer'
    when coalesce(number, name, given, family, phone) is null and email_normal is null then 'not_an_email:email'
  end as reason,
  answer = 'yes' and consent_text is not null and consent_where is not null and agreed_at is not null as proved
from read
"""
PEOPLE_COUNTS = """
select count(*) as rows, count(reason) as rejected, count(*) filter (reason is null and proved) as proved
from judged_people
"""
PEOPLE_REASONS = """
select reason, count(*) as n, min(row_no) as row_no from judged_people where reason is not null group by reason order by n desc, reason
"""
REJECTED_PEOPLE = "create table rejected as select row_no, reason from judged_people where reason is not null"

# One line for each cell that is mended, proposed or left out: the row, the field, the rule, how it stood, how it is read.
MENDED = """
create view mended as
with good as (from judged_people where reason is null)
select row_no, 'country' as field, 'country_unknown' as code, country_text as before, '' as after from good where country_text is not null and country is null
union all select row_no, 'email', 'email_typos', email, email_meant from good where email_meant is not null
union all select row_no, 'email', 'left_out_contacts', address, '' from good where address is not null and email_normal is null
union all select row_no, 'phone', 'phones_lost', phone, '' from good where digits_lost(phone)
union all select row_no, 'phone', 'left_out_contacts', phone, '' from good where phone is not null and phone_normal is null and not digits_lost(phone)
union all select row_no, 'phone', 'phone_zeros', phone, phone_normal from good where dropped_zero(phone, phone_normal)
union all select row_no, 'phone', 'phones_national', phone, phone_normal from good where phone_normal is not null and phone[1] <> '+'
  and not starts_with(phone, '00') and not dropped_zero(phone, phone_normal)
union all select row_no, 'postcode', 'postcode_zeros', postcode, postcode_meant from good where postcode_meant <> postcode
  and length(postcode) = 4 and list_contains(getvariable('five_digits'), dials)
union all select row_no, field, case field when 'customer' then 'number_width' else 'postcode_width' end, before, after from padded
union all select row_no, 'birthday', 'birthdays_left_out', birthday, '' from good where birthday is not null and birthday_on is null
union all select row_no, 'birthday', 'date_style', birthday, strftime(birthday_on, '%Y-%m-%d') from good where birthday_on is not null and not iso(birthday)
union all select row_no, 'consent', 'consent_without_proof',
  case when answer_text is not null then getvariable('consent_header') || ': ' || answer_text else consent_text end, ''
  from good where answer = 'yes' and not proved
"""
MENDED_MACROS = """
create macro dropped_zero(x, normal) as regexp_full_match(x, '[1-9][0-9]*') and length(normal) > length(x) + 1 and ends_with(normal, x);
"""
MENDED_COUNTS = """
select code, count(*) as n, arg_min(before, row_no) as before, arg_min(after, row_no) as after from mended group by code order by n desc, code
"""
MENDED_CELLS = (
    "select row_no, field, code, before, after from mended where row_no in (select unnest($numbers))"
)
MENDED_FIRST = """
select distinct row_no from (select code, row_no, row_number() over (partition by code order by row_no) as place from mended) where place <= 2
union select distinct row_no from (select reason, row_no, row_number() over (partition by reason order by row_no) as place from judged_people
  where reason is not null) where place <= 2 order by row_no limit 40
"""

# Zeros lost from the front, by the width of the others (see widths): how wide what is all digits is, and what is short of it.
WIDTHS = """
with told as (
  select 'customer' as field, number as x from judged_people where reason is null and number is distinct from phone
  union all select 'postcode', postcode from judged_people where reason is null and dials is null
)
select field, length(x) as width, count(distinct x) filter (starts_with(x, '0') and x <> '0') as zeroed, count(*) as numbers
from told where regexp_full_match(x, '[0-9]+') group by field, width
"""
SHORT = """
create table short_numbers as
with short as (
  select distinct number as before, lpad(number, $width, '0') as after from judged_people
  where reason is null and number is distinct from phone and length(number) < $width and regexp_full_match(number, '[1-9][0-9]*')
)
select before, after, after in (select number from judged_people where number is not null) as twice from short
"""
SHORT_NUMBERS = "select before from short_numbers"
STAND_TWICE = "select count(*), count(*) filter (twice) from short_numbers"
PAD_NUMBERS = """
insert into padded
select j.row_no, 'customer', s.before, s.after from judged_people j join short_numbers s on s.before = j.number
where j.reason is null and j.number is distinct from j.phone and not s.twice and s.before not in (from known_short)
"""
PAD_POSTCODES = """
insert into padded
select row_no, 'postcode', postcode, lpad(postcode, coalesce(f.width, $width), '0')
from judged_people j left join fixed_postcodes f on f.country = j.dials
where reason is null and postcode_meant = postcode and (j.country is not null or country_text is null)
  and regexp_full_match(postcode, '[1-9][0-9]*') and case
    when f.width is not null then length(postcode) between f.width - f.zeros and f.width - 1
      and not (length(postcode) = 4 and list_contains(getvariable('five_digits'), dials))
    else dials is null and length(postcode) < $width end
"""
PUT_NUMBERS = """
update judged_people set number = p.after from padded p where p.field = 'customer' and p.row_no = judged_people.row_no
"""
PUT_POSTCODES = """
update judged_people set postcode_meant = p.after from padded p where p.field = 'postcode' and p.row_no = judged_people.row_no
"""
PADDED_NUMBERS = (
    "select count(*), arg_min(before, row_no), arg_min(after, row_no) from padded where field = 'customer'"
)
FORGET_FOUND = """
delete from padded where field = 'customer' and before in (
  select a.number from arrivals a join met m on m.row_no = a.row_no where m.because = 'zeros')
"""

# Rows that share a number, an email, or a phone with a name: only these are put together one by one.
KEYS = """
create table keys as
select row_no, hash(number) as mark from judged_people where reason is null and number is not null
union all select row_no, hash(email_normal, 1) from judged_people where reason is null and email_normal is not null
union all select row_no, hash(phone_normal, lower(full_name)) from judged_people
  where reason is null and phone_normal is not null and full_name is not null
"""
DOUBLED = """
with shared as (select mark from keys group by mark having count(*) > 1)
select row_no, number, email_normal, phone_normal, full_name from judged_people
where row_no in (select row_no from keys where mark in (from shared)) order by row_no
"""
PEOPLE = """
create view people as select * from judged_people where reason is null
"""
PEOPLE_JOINED = """
create view people as
with lone as (
  select * from judged_people where reason is null and row_no not in (select row_no from grouped)
), merged as (
  select g.leader as leader, j.* from judged_people j join grouped g on g.row_no = j.row_no
)
select * from lone union all by name
select leader as row_no, arg_min(columns(* exclude (leader, row_no)), row_no) from merged group by leader
"""
# Each person of the file, as the book is asked who they are.
ARRIVALS = """
create or replace table arrivals as
select row_no, number, email_normal as email, phone_normal as phone, full_name as name from people
"""
NUMBERED = "select row_no, number from arrivals where number is not null"
# Two rows that lead to one card are one customer.
COUNTED = """
select count(*) - count(m.customer_id) + count(distinct m.customer_id) as customers, count(distinct m.customer_id) as known,
  count(distinct m.customer_id) filter (m.because in ('number', 'zeros')) as by_number,
  count(distinct m.customer_id) filter (m.because = 'email') as by_email, count(distinct m.customer_id) filter (m.because = 'phone') as by_phone
from arrivals a left join met m on m.row_no = a.row_no
"""
# Pairs a person should look at: the card a row has by now, the one it may be too.
DOUBTED = """
with owners as (select row_no, customer_id from new_ids union all select row_no, customer_id from met)
select distinct o.customer_id, b.card_id, b.reason from maybe b join owners o on o.row_no = b.row_no where o.customer_id <> b.card_id
order by 1, 2
"""
KNOWN_EXAMPLES = """
select m.because, p.row_no, m.customer_id from people p join met m on m.row_no = p.row_no
qualify row_number() over (partition by m.because order by p.row_no) <= 3 order by m.because, p.row_no
"""
KNOWN_PEOPLE = """
select p.* exclude (phone_national), m.customer_id from people p join met m on m.row_no = p.row_no order by p.row_no
"""

# The kind of each attribute, over all its values (cards.kind_of has the same rules for a list).
FACT_KINDS = """
with long as (unpivot (select columns('attribute_.*') from judged_people where reason is null) on columns('attribute_.*') into name name value text),
told as (select name, trim(text) as x from long where trim(text) <> '')
select name, bool_and(lower(x) in ('yes', 'no', 'oui', 'non', 'true', 'false', '是', '否')) as yes_no,
  bool_and(length(x) <= 15 and regexp_full_match(x, '(0|[1-9][0-9]*|0[.][0-9]*|[1-9][0-9]*[.][0-9]*|[.][0-9]+)')) as numeric,
  bool_and(length(x) = 10 and regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') and try_cast(x as date) is not null) as dated
from told group by name
"""
ODD_FACTS = """
with long as (unpivot (select columns('attribute_.*') from judged_people where reason is null) on columns('attribute_.*') into name name value text)
select distinct l.name, k.kind, trim(l.text) as text from long l join fact_keys k on k.name = l.name
where trim(l.text) <> '' and not plain_fact(k.kind, trim(l.text))
"""
FACT_MACROS = """
create macro plain_fact(kind, x) as (kind = 'text' and length(x) <= 2000) or (kind = 'number' and regexp_full_match(x, '0|[1-9][0-9]{0,14}'));
"""
FILL_CUSTOMER_IDS = """
with named as (
  select p.row_no, coalesce(d.before, p.number) as number from people p left join padded d on d.row_no = p.row_no and d.field = 'customer'
)
insert into customer_ids select p.number, i.customer_id from named p join new_ids i on i.row_no = p.row_no
union all select p.number, m.customer_id from named p join met m on m.row_no = p.row_no
"""
TO_ATTACH = "select p.number, m.customer_id from people p join met m on m.row_no = p.row_no where m.because <> 'number'"
LEFT_OUT_NEW = """
select count(*), arg_min(before, row_no) from mended where code in ('left_out_contacts', 'phones_lost') and row_no not in (select row_no from met)
"""
ODD_NAMES = """
select distinct concat_ws(' ', full_name, given, family, number) as text from people
where not regexp_full_match(concat_ws(' ', full_name, given, family, number), '[A-Za-z0-9 .,&/-]*')
"""
