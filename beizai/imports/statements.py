"""The statements that turn the cells of an orders file into orders and lines, in one place to be read.

They run in a DuckDB of the import's own. `cells` is the staged table with its columns renamed to our fields (fields
the file has not are null); choices come in as variables, so that no statement is ever put together from text.
"""

MACROS = """
create macro trimmed(x) as nullif(trim(x, chr(32) || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288) || chr(65279)), '');
create macro untidy(x) as x < '!' or x > 'zz' or ends_with(x, ' ') or ends_with(x, chr(160)) or ends_with(x, chr(12288)) or ends_with(x, chr(9));
create macro odd_start(x) as x < '0' or (x >= ':' and x < 'A');
create macro wrapped(x) as starts_with(x, '="') or starts_with(x, '''');
create macro no_word(x) as strlen(x) < 5 and (x < '0' or x >= ':') and lower(x) in ('nan', 'null', 'none', 'n/a', '#n/a', '<na>', 'nat');
create macro tidy(x) as case when getvariable('untidy') then trimmed(x) else x end;
create macro bare(x) as case when not getvariable('wrapped') then x when starts_with(x, '="') and ends_with(x, '"') then substr(x, 3, length(x) - 3)
  when starts_with(x, '''') then substr(x, 2) else x end;
create macro said(x) as case when getvariable('null_words') and no_word(x) then null else x end;
create macro whole(x, strip) as case when strip and ends_with(x, '.0') then left(x, length(x) - 2) else x end;
create macro cut(x, most) as case when strlen(x) > most then left(x, most) else x end;
create macro digits_lost(x) as contains(x, '+') and regexp_full_match(x, '[0-9]([.,][0-9]+)?[eE][+][0-9]{2,}');
create macro iso(x) as x like '____-__-_____:__:__' or x like '____-__-__' or x like '____-__-_____:__'
  or (x like '____-__-_____:__:__.%' and regexp_full_match(substr(x, 21), '[0-9]+'));
create macro day_text(x) as case when strpos(x, ':') > 2 then rtrim(left(x, strpos(x, ':') - 3), ' T') else x end;
create macro clock_text(x) as case when strpos(x, ':') > 2 then ltrim(substr(x, strpos(x, ':') - 2), ' T') end;
create macro plain_number(x) as regexp_full_match(x, '-?[0-9]+([.][0-9]{1,2}|[.][0-9]{4,})?');
"""

SMALL_TABLES = """
create table number_words (text varchar, value decimal(38, 6));
create table day_words (text varchar, day date, microseconds bigint);
create table clock_words (text varchar, microseconds bigint, offset_minutes integer);
create table currency_days (currency varchar, day date, rate decimal(18, 8), scale bigint);
create table country_words (text varchar, code varchar);
create table status_words (text varchar);
create table product_words (product varchar, mark ubigint);
"""

# What one must know of the cells before reading them: one sweep, cheap tests only.
PROFILE = """
select count(*) filter (coalesce(customer, order_text, at_text, quantity, unit_price, amount, product, product_name, email, phone, name, problem)
    is not null) as rows,
  bool_or(untidy(customer) or untidy(order_text) or untidy(at_text) or untidy(product) or untidy(quantity) or untidy(unit_price)
    or untidy(amount) or untidy(email) or untidy(currency) or untidy(status) or untidy(discount) or untidy(cost) or untidy(time)
    or untidy(product_name) or untidy(category) or untidy(country) or untidy(store) or untidy(staff) or untidy(phone) or untidy(name)) as untidy,
  count(*) filter ((odd_start(customer) and wrapped(customer)) or (odd_start(order_text) and wrapped(order_text))
    or (odd_start(product) and wrapped(product)) or wrapped(phone)) as wrapped,
  count(*) filter (no_word(customer) or no_word(order_text) or no_word(product) or no_word(email)) as null_words,
  count(*) filter (ends_with(customer, '.0')) as customer_points, count(*) filter (contains(customer, '.')) as customer_dots,
  count(*) filter (ends_with(order_text, '.0')) as order_points, count(*) filter (contains(order_text, '.')) as order_dots,
  count(*) filter (ends_with(product, '.0')) as product_points, count(*) filter (contains(product, '.')) as product_dots,
  any_value(customer) filter (ends_with(customer, '.0')) as customer_example,
  count(*) filter (order_text is not null and at_text is null) as gaps
from cells
"""

ALL_ISO = "select bool_and(iso(at_text)) from cells where at_text is not null"
DAY_TEXTS = """
select day_text(x) as text, count(*) as n, min(row_no) as row_no
from (select tidy(at_text) as x, row_no from cells) where x is not null and not iso(x) group by all
"""
CLOCK_TEXTS = """
select clock_text(x) as text from (select tidy(at_text) as x from cells) where x is not null and not iso(x) and clock_text(x) is not null
union select tidy(time) from cells where tidy(time) is not null
"""
NUMBER_TEXTS = """
with texts as (
  select distinct quantity as x from cells union select distinct unit_price from cells union select distinct amount from cells
  union select distinct discount from cells union select distinct cost from cells
), tidied as (select distinct tidy(x) as text from texts)
, told as (select text, plain_number(text) as plain from tidied where text is not null)
select text, plain from told where not plain or contains(text, '.')
"""
COUNTRY_TEXTS = "select distinct tidy(country) as text from cells where tidy(country) is not null"
STATUS_TEXTS = "select distinct tidy(status) as text from cells where tidy(status) is not null"
PRODUCTS = """
insert into product_words select product, md5_number_lower(product) from (
  select distinct coalesce(product, cut(product_name, 120)) as product from filled where product is not null or product_name is not null)
"""
CURRENCY_DAYS = """
select distinct currency, on_day as day from typed where currency <> getvariable('book') and on_day is not null
"""

# Two ways to clean the cells: one where the profile found nothing to mend, and one step after the other where it did
# (each step on columns of the one before: nested macros would multiply each other's text).
CLEAN_AS_THEY_ARE = """
create view clean as select row_no, problem, customer as customer_cell, order_text as order_cell, at_text, time, quantity, unit_price, amount,
  discount, upper(currency) as currency, product, cut(product_name, 300) as product_name, cut(category, 200) as category, cost,
  cut(store, 120) as store, cut(staff, 120) as staff, country, lower(email) as email, phone, cut(name, 200) as name, status
from cells
where coalesce(customer, order_text, at_text, quantity, unit_price, amount, product, product_name, email, phone, name, problem) is not null
"""
CLEAN_MENDED = """
create view clean as
with tidied as (
  select row_no, problem, tidy(customer) as customer, tidy(order_text) as order_text, tidy(at_text) as at_text, tidy(time) as time, tidy(quantity) as quantity,
    tidy(unit_price) as unit_price, tidy(amount) as amount, tidy(discount) as discount, tidy(currency) as currency, tidy(product) as product,
    tidy(product_name) as product_name, tidy(category) as category, tidy(cost) as cost, tidy(store) as store, tidy(staff) as staff,
    tidy(country) as country, tidy(email) as email, tidy(phone) as phone, tidy(name) as name, tidy(status) as status
  from cells
), bared as (
  select * replace (bare(customer) as customer, bare(order_text) as order_text, bare(product) as product, bare(phone) as phone) from tidied
), wholes as (
  select * replace (whole(customer, getvariable('strip_customer')) as customer, whole(order_text, getvariable('strip_order')) as order_text,
    whole(product, getvariable('strip_product')) as product) from bared
), told as (
  select * replace (said(customer) as customer, said(order_text) as order_text, said(product) as product, said(email) as email, said(phone) as phone)
  from wholes
)
select row_no, problem, customer as customer_cell, order_text as order_cell, at_text, time, quantity, unit_price, amount,
  discount, upper(currency) as currency, product, cut(product_name, 300) as product_name, cut(category, 200) as category, cost,
  cut(store, 120) as store, cut(staff, 120) as staff, country, lower(email) as email, phone, cut(name, 200) as name, status
from told
where coalesce(customer, order_text, at_text, quantity, unit_price, amount, product, product_name, email, phone, name, problem) is not null
"""

# Order fields stand on the first line of an order only (Shopify; merged cells): the other lines take them from it.
HEADS = """
create table heads as select h.order_cell, h.customer_cell, h.at_text, h.time, h.currency, h.store, h.staff, h.country, h.email, h.phone, h.name, h.status
from clean h join (select order_cell, min(row_no) as row_no from clean where order_cell is not null and at_text is not null group by order_cell) f
  on f.row_no = h.row_no
"""
FILLED = """
create view filled as select c.row_no, c.problem, coalesce(c.customer_cell, h.customer_cell) as customer_cell, c.order_cell,
  coalesce(c.at_text, h.at_text) as at_text, case when c.at_text is null then h.time else c.time end as time, c.quantity, c.unit_price, c.amount, c.discount,
  coalesce(c.currency, h.currency) as currency, c.product, c.product_name, c.category, c.cost, coalesce(c.store, h.store) as store,
  coalesce(c.staff, h.staff) as staff, coalesce(c.country, h.country) as country, coalesce(c.email, h.email) as email,
  coalesce(c.phone, h.phone) as phone, coalesce(c.name, h.name) as name, coalesce(c.status, h.status) as status
from clean c left join heads h on h.order_cell = c.order_cell
"""
NOT_FILLED = "create view filled as select * from clean"

# Texts become dates and numbers. What is not in ISO or not a plain number was read word by word into the small tables.
# Times stay in the shop's zone here (a text with an offset is brought there); each order's becomes UTC once.
DATED_ISO = """
create view dated as select *, try_cast(at_text as timestamp) as local_at, null::timestamp as exact_utc from filled
"""
DATED_READ = """
create view dated as
with moments as (
  select *, case when time is not null and not contains(at_text, ':') then at_text || ' ' || time else at_text end as moment from filled
), worded as (
  select *, iso(moment) as is_iso, day_text(moment) as day_word, clock_text(moment) as clock_word from moments
), written as (
  select m.*, cw.offset_minutes,
    case when is_iso then try_cast(moment as timestamp)
      when dw.day is not null and (clock_word is null or cw.microseconds is not null)
        then dw.day + to_microseconds(coalesce(cw.microseconds, dw.microseconds)) end as written_at
  from worded m left join day_words dw on dw.text = m.day_word left join clock_words cw on cw.text = m.clock_word
), exact as (
  select *, case when offset_minutes is not null then written_at - to_minutes(offset_minutes) end as exact_utc from written
)
select * exclude (moment, is_iso, day_word, clock_word, written_at, offset_minutes),
  case when exact_utc is null then written_at else timezone(getvariable('zone'), timezone('UTC', exact_utc)) end as local_at
from exact
"""
TYPED = """
create view typed as
select d.* exclude (currency), coalesce(d.currency, getvariable('book')) as currency, local_at::date as on_day,
  coalesce(case when getvariable('guest_zero') and customer_cell = '0' then null else customer_cell end, email, phone) as customer,
  case when qw.text is not null then qw.value else try_cast(d.quantity as decimal(38, 6)) end as q,
  case when pw.text is not null then pw.value else try_cast(d.unit_price as decimal(38, 6)) end as p,
  case when aw.text is not null then aw.value else try_cast(d.amount as decimal(38, 6)) end as a,
  case when gw.text is not null then gw.value else try_cast(d.discount as decimal(38, 6)) end as g,
  case when kw.text is not null then kw.value else try_cast(d.cost as decimal(38, 6)) end as k
from dated d
left join number_words qw on qw.text = d.quantity
left join number_words pw on pw.text = d.unit_price
left join number_words aw on aw.text = d.amount
left join number_words gw on gw.text = d.discount
left join number_words kw on kw.text = d.cost
"""

# Why a row cannot be brought in ('code:field'), the first reason that holds; null for a row that can.
JUDGED = """
create view judged as
select t.*, coalesce(q, 1) as units,
  case when getvariable('has_order') then order_cell else customer || '@' || strftime(local_at, '%Y-%m-%dT%H:%M:%S') end as number,
  case
    when problem is not null then problem || ':'
    when strlen(order_cell) > 200 then 'text_too_long:order'
    when strlen(customer_cell) > 200 then 'text_too_long:customer'
    when strlen(customer) > 200 then 'text_too_long:email'
    when strlen(product) > 120 then 'text_too_long:product'
    when digits_lost(order_cell) then 'digits_lost:order'
    when digits_lost(customer_cell) then 'digits_lost:customer'
    when digits_lost(product) then 'digits_lost:product'
    when getvariable('has_order') and order_cell is null then 'missing:order'
    when not getvariable('has_order') and customer is null then 'missing:customer'
    when at_text is null then 'missing:at'
    when local_at is null then 'not_a_date:at'
    when local_at > getvariable('latest') then 'in_the_future:at'
    when local_at < timestamp '1900-01-01' then 'too_long_ago:at'
    when sw.text is not null then 'not_a_sale:status'
    when getvariable('has_quantity') and quantity is null and amount is null then 'missing:quantity'
    when quantity is not null and q is null then case when try_cast(quantity as double) is null then 'not_a_number:quantity' else 'number_too_large:quantity' end
    when abs(q) > 1000000000 then 'number_too_large:quantity'
    when amount is null and unit_price is null then case when getvariable('has_amount') then 'missing:amount' else 'missing:unit_price' end
    when amount is not null and a is null then 'not_a_number:amount'
    when amount is null and p is null then 'not_a_number:unit_price'
    when discount is not null and g is null then 'not_a_number:discount'
    when cost is not null and k is null then 'not_a_number:cost'
    when abs(a) > 1000000000000 then 'number_too_large:amount'
    when a is null and abs(p) > 1000000000000 then 'number_too_large:unit_price'
    when a is null and abs(p::double * coalesce(q, 1)::double) > 1e13 then 'number_too_large:quantity'
    when abs(g) > 1000000000000 then 'number_too_large:discount'
    when abs(k::double * coalesce(q, 1)::double) > 1e13 then 'number_too_large:cost'
    when t.currency <> getvariable('book') and cd.currency is null then 'not_a_currency:currency'
    when t.currency <> getvariable('book') and cd.rate is null then 'no_rate:currency'
  end as reason,
  coalesce(cd.scale, getvariable('book_scale')) as scale, cd.rate
from typed t
left join currency_days cd on cd.currency = t.currency and cd.day = t.on_day
left join status_words sw on sw.text = t.status
"""

PRICED = """
create view priced as
with gross as (
  select *, case
      when a is null then round(units::decimal(38, 6) * p::decimal(38, 6) * scale::decimal(38, 0))::bigint
      when getvariable('flip_returns') and units < 0 and a > 0 then -round(a::decimal(38, 6) * scale::decimal(38, 0))::bigint
      else round(a::decimal(38, 6) * scale::decimal(38, 0))::bigint end as gross_minor,
    coalesce(round(abs(g)::decimal(38, 6) * scale::decimal(38, 0))::bigint, 0) as given_minor
  from judged where reason is null
), net as (
  select *, case when units < 0 then -given_minor else given_minor end as discount_original,
    case when a is null then gross_minor - case when units < 0 then -given_minor else given_minor end else gross_minor end as original_minor
  from gross
)
select row_no, number, customer, email, phone, name, local_at, exact_utc, on_day, coalesce(product, cut(product_name, 120)) as product, product_name, category,
  store, staff, coalesce(cw.code, country) as country, n.currency, units,
  round(units * 1000)::bigint as quantity_milli,
  case when rate is null then original_minor else round(original_minor * rate::decimal(38, 8) * getvariable('book_scale')::decimal(38, 0) / scale)::bigint end as amount_minor,
  original_minor,
  case when rate is null then discount_original else round(discount_original * rate::decimal(38, 8) * getvariable('book_scale')::decimal(38, 0) / scale)::bigint end as discount_minor,
  case when k is not null then case when rate is null then round(k::decimal(38, 6) * units::decimal(38, 6) * scale::decimal(38, 0))::bigint
    else round(k::decimal(38, 6) * units::decimal(38, 6) * rate::decimal(38, 8)::double * getvariable('book_scale'))::bigint end end as cost_minor,
  case when a is null then p end as price
from net n left join country_words cw on cw.text = n.country
"""

# One row per order of the file. `content` is the same for the same lines in any order, from any kind of file:
# each line weighs its product's mark by what was bought of it, so that lines cannot be exchanged unseen.
FILE_ORDERS = """
create table file_orders as
with lined as (
  select l.*, coalesce(w.mark, 7) as mark from priced l left join product_words w on w.product = l.product
), grouped as (
  select number, min(local_at) as local_at, case when count(exact_utc) = count(*) then min(exact_utc) end as exact_utc,
    min(customer) as customer, max(customer) as other_customer, min(store) as store, min(staff) as staff, min(country) as country,
    min(currency) as currency, max(currency) as other_currency,
    sum(amount_minor)::bigint as amount_minor, sum(original_minor)::bigint as original_minor, sum(discount_minor)::bigint as discount_minor,
    count(*) as line_count, min(row_no) as first_row, bool_and(units < 0) or sum(amount_minor) < 0 as returned,
    sum((mark & 1073741823)::hugeint * quantity_milli + ((mark >> 12) & 1073741823)::hugeint * original_minor
      + ((mark >> 24) & 1073741823)::hugeint * ((quantity_milli % 32768) * (original_minor % 32768) + 1)
      + ((mark >> 36) & 134217727)::hugeint * discount_minor + ((mark >> 30) & 1073741823)::hugeint * coalesce(cost_minor, -1)) as lines_content
  from lined group by number
)
select *, coalesce(exact_utc, timezone('UTC', timezone(getvariable('zone'), local_at))) as occurred_at, local_at::date as occurred_on,
  (md5_number_lower(concat_ws(chr(31), lines_content::varchar, line_count::varchar, coalesce(customer, ''), local_at::varchar, currency,
    coalesce(store, ''), coalesce(staff, ''), coalesce(country, ''))) & 9223372036854775807)::bigint as content
from grouped
"""

TOTALS = """
select count(*) as orders, coalesce(sum(line_count), 0)::bigint as accepted, count(distinct customer) as customers,
  coalesce(sum(line_count) filter (customer is null), 0)::bigint as anonymous_rows, count(*) filter (customer is null) as anonymous_orders,
  count(*) filter (customer <> other_customer or currency <> other_currency) as two_customers, count(*) filter (returned) as returns,
  coalesce(sum(amount_minor), 0)::hugeint::varchar as amount_minor, min(occurred_on) as first_on, max(occurred_on) as last_on
from file_orders
"""
REASONS = """
select reason, count(*) as n, min(row_no) as row_no from judged where reason is not null group by reason order by n desc, reason
"""
REJECTED = "create table rejected as select row_no, reason from judged where reason is not null"
NUMBERS = "select number from file_orders"

ORDER_TABLES = """
create table order_ids (number varchar, order_id bigint);
create table known_orders (order_id bigint, content_hash bigint);
create table customer_ids (customer varchar, customer_id bigint);
create table product_ids (product varchar, product_id bigint, category varchar);
"""
# new: not in the book; changed: in the book with other contents; known: in the book as it is
FATED = """
create view fated as select f.*, i.order_id,
  case when k.order_id is null then 'new' when k.content_hash is distinct from f.content then 'changed' else 'known' end as fate
from file_orders f left join order_ids i on i.number = f.number left join known_orders k on k.order_id = i.order_id
"""
FATES = "select fate, count(*) as n from fated group by fate"
OF_SOURCE = "select distinct order_id, content_hash from orders where source_id = $source_id and order_id in (select order_id from wanted_orders)"

FILE_CUSTOMERS = """
create table told_people as
select min(first_row) as row_no, customer as number, min(country) as country, null::varchar as email, null::varchar as phone, null::varchar as name
from file_orders where customer is not null group by customer
"""
FILE_PEOPLE = """
create table told_people as
select min(row_no) as row_no, customer as number, min(country) as country, min(email) as email, min(phone) as phone, arg_min(name, row_no) as name
from priced where customer is not null group by customer
"""
# The most frequent name and category of a product, the earliest where two are as frequent; its latest price.
FILE_PRODUCTS = """
with told as (
  select product, product_name, category, count(*)::hugeint * 100000000000 - min(row_no) as weight, max(row_no) as last_row,
    arg_max(price, row_no) filter (currency = getvariable('book') and units > 0) as price,
    max(cost_minor / nullif(units, 0)) as cost_minor
  from priced where product is not null group by product, product_name, category
)
select product, arg_max(product_name, weight) as name, arg_max(category, weight) as category,
  round(arg_max(price, last_row) * getvariable('book_scale'))::bigint as price_minor, round(max(cost_minor))::bigint as cost_minor
from told group by product
"""

COMING = """
create table coming as select f.number, f.order_id, c.customer_id, f.occurred_at, f.occurred_on, f.first_row
from fated f left join customer_ids c on c.customer = f.customer where f.fate <> 'known'
"""
LINES = """
select c.order_id, l.row_no - c.first_row + 1 as line_no, c.customer_id, $source_id::bigint as source_id, c.occurred_at, c.occurred_on,
  p.product_id, l.product, coalesce(l.category, p.category) as category, l.quantity_milli, l.amount_minor, l.discount_minor, l.cost_minor,
  $simulated::boolean as simulated
from priced l join coming c on c.number = l.number left join product_ids p on p.product = l.product
"""
ORDERS = """
select f.order_id, c.customer_id, $source_id::bigint as source_id, f.number, f.occurred_at, f.occurred_on, $received_at::timestamp as received_at,
  case when f.returned then 'return' else 'sale' end as kind, f.amount_minor, f.discount_minor, f.line_count, f.store, f.staff, f.country,
  getvariable('book') as currency, case when f.currency <> getvariable('book') then f.currency end as original_currency,
  case when f.currency <> getvariable('book') then f.original_minor end as original_amount_minor, f.content as content_hash,
  $simulated::boolean as simulated
from fated f join coming c on c.order_id = f.order_id order by f.occurred_at
"""

CUSTOMER_PROFILE = """
select count(*) filter (coalesce(customer, name, given_name, family_name, email, phone, problem) is not null) as rows,
  count(*) filter (ends_with(customer, '.0')) as customer_points, count(*) filter (contains(customer, '.')) as customer_dots,
  any_value(customer) filter (ends_with(customer, '.0')) as customer_example,
  count(*) filter (no_word(customer) or no_word(email) or no_word(phone)) as null_words,
  bool_or(untidy(customer) or untidy(name) or untidy(given_name) or untidy(family_name) or untidy(email) or untidy(phone) or untidy(postal_address)
    or untidy(street) or untidy(postcode) or untidy(city) or untidy(birthday) or untidy(country) or untidy(language) or untidy(consent)
    or untidy(consent_text) or untidy(consent_where) or untidy(consent_at)) as untidy,
  count(*) filter (wrapped(customer) or wrapped(phone) or wrapped(postcode)) as wrapped
from cells
"""
CUSTOMER_CELLS = """
with tidied as (
  select * replace (tidy(customer) as customer, tidy(email) as email, tidy(phone) as phone, tidy(postcode) as postcode) from cells
), bared as (
  select * replace (bare(customer) as customer, bare(phone) as phone, bare(postcode) as postcode) from tidied
), wholes as (
  select * replace (whole(customer, getvariable('strip_customer')) as customer, whole(phone, true) as phone, whole(postcode, true) as postcode) from bared
)
select row_no, problem, said(customer), tidy(name), tidy(given_name), tidy(family_name), said(email), said(phone), tidy(postal_address), tidy(street),
  said(postcode), tidy(city), tidy(birthday), tidy(country), tidy(language), tidy(tags), tidy(consent), tidy(consent_text), tidy(consent_where),
  tidy(consent_at), columns('attribute_.*')
from wholes
where coalesce(customer, name, given_name, family_name, email, phone, postal_address, street, birthday, problem) is not null
order by row_no
"""
CUSTOMER_CELLS_ALONE = CUSTOMER_CELLS.replace(", columns('attribute_.*')", "")
CUSTOMER_DAYS = (
    "select tidy(birthday) as text, count(*) as n from cells where tidy(birthday) is not null group by all"
)
CONSENT_DAYS = "select day_text(tidy(consent_at)) as text, count(*) as n from cells where tidy(consent_at) is not null group by all"
"""How often each text stands in the two date columns of a customers file."""
