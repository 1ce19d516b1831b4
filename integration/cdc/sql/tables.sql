-- The database, with the rows that the snapshot finds. Large values lie outside of their rows (TOAST).
CREATE TYPE status AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE DOMAIN email AS varchar(60);

CREATE SEQUENCE ids START 1000000;

CREATE TABLE customers (
	id int PRIMARY KEY,
	name text NOT NULL,
	email email,
	region char(2) NOT NULL,
	balance numeric(10, 2) NOT NULL DEFAULT 0,
	score int,
	born date,
	seen timestamptz,
	active boolean,
	tags text[],
	extra text -- is dropped
);

CREATE TABLE orders (
	region text,
	id bigint,
	customer int NOT NULL,
	state status NOT NULL,
	total numeric(12, 2),
	placed timestamp NOT NULL,
	note varchar(200),
	PRIMARY KEY (region, id)
);

CREATE TABLE order_lines (
	order_id bigint,
	line smallint,
	sku char(8) NOT NULL,
	quantity smallint,
	price real,
	PRIMARY KEY (order_id, line)
);

CREATE TABLE documents (
	id int PRIMARY KEY,
	title text,
	revision int NOT NULL,
	body text,
	scan bytea,
	meta jsonb,
	words text[]
) WITH (toast_tuple_target = 128);
ALTER TABLE documents ALTER body SET STORAGE EXTERNAL, ALTER scan SET STORAGE EXTERNAL, ALTER meta SET STORAGE EXTERNAL, ALTER words SET STORAGE EXTERNAL;

CREATE TABLE full_documents (LIKE documents INCLUDING ALL);
ALTER TABLE full_documents REPLICA IDENTITY FULL;

CREATE TABLE sessions (token uuid PRIMARY KEY, started timestamptz(3), counter bigint NOT NULL, data json, extra int[]); -- extra is dropped

CREATE TABLE everything (
	a_date date,
	a_uuid uuid,
	an_amount numeric(20, 5),
	a_smallint smallint,
	an_int int,
	a_bigint bigint,
	a_real real,
	a_double double precision,
	a_numeric numeric,
	a_money money,
	a_char char(5),
	a_varchar varchar(20),
	a_text text,
	a_bytea bytea,
	a_bit bit(1),
	a_timestamp timestamp,
	a_timestamp_3 timestamp(3),
	a_timestamptz timestamptz,
	a_time time,
	a_time_3 time(3),
	an_interval interval, -- of whole eighths of a second: Debezium counts in doubles
	a_json json,
	a_jsonb jsonb,
	an_xml xml,
	an_inet inet,
	a_cidr cidr,
	a_macaddr macaddr,
	a_range int4range,
	a_status status,
	some_ints int[],
	some_texts text[],
	some_numerics numeric(8, 3)[],
	some_dates date[],
	PRIMARY KEY (a_date, a_uuid, an_amount)
);

-- all_of gives values of all types for a number, the same ones each time.
CREATE FUNCTION all_of(n int) RETURNS SETOF everything LANGUAGE sql AS $$
	SELECT '1970-01-01'::date + n % 7 - 3, md5((n % 97)::text)::uuid, (n % 13 - 6)::numeric / 7,
		CASE WHEN n % 11 > 0 THEN (n % 65536 - 32768)::smallint END, n * 7 - 1000000, CASE n % 5 WHEN 0 THEN -9223372036854775808 ELSE n::bigint << 33 END,
		CASE n % 9 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE n / 7.0::real END, CASE n % 9 WHEN 0 THEN '-0' WHEN 1 THEN NULL ELSE n / 7.0::float8 END,
		CASE n % 6 WHEN 0 THEN NULL ELSE round(n * 1.000001, n % 6) END, (n / 100.0)::numeric::money,
		left(md5(n::text), n % 6), left(md5(n::text), n % 20), CASE n % 7 WHEN 0 THEN '' WHEN 1 THEN NULL ELSE E'é "\\ \n' || n END,
		CASE n % 8 WHEN 0 THEN NULL ELSE substring(decode(md5(n::text), 'hex') FOR n % 16) END, (n % 2)::bit(1),
		'2024-02-29 23:59:59.999999'::timestamp - n * interval '24:00:00.001001', '1965-01-01'::timestamp + n * interval '24:00:00.001001',
		'2024-03-10 10:30:00+02'::timestamptz + n * interval '07:00:00.000001', '12:00'::time + n * interval '00:00:01.5', '01:02:03.456'::time + n * interval '00:00:01.000001', n * interval '00:01:00.125',
		json_build_object('n', n, 'half', n / 2.0), jsonb_build_object('n', n, 'list', ARRAY[n, NULL]), ('<n>' || n || '</n>')::xml,
		('10.' || n % 256 || '.2.3')::inet, ('10.' || n % 256 || '.0.0/16')::cidr, macaddr('08:00:2b:01:02:' || lpad(to_hex(n % 256), 2, '0')),
		int4range(n, n + n % 5), (ARRAY['new', 'paid', 'sent', NULL])[n % 4 + 1]::status,
		CASE n % 4 WHEN 0 THEN '{}' WHEN 1 THEN NULL ELSE ARRAY[n, NULL, -n] END, ARRAY['a,b', NULL, n::text], ARRAY[n / 8.0, NULL]::numeric(8, 3)[],
		ARRAY['2024-01-01'::date + n % 1000];
$$;

-- large is a text that is not worth compressing.
CREATE FUNCTION large(n int, bytes int) RETURNS text LANGUAGE sql AS $$
	SELECT left(string_agg(md5((n + i)::text), ''), bytes) FROM generate_series(0, bytes / 32) i;
$$;

-- attempt runs a statement, in a transaction of its own within that of the caller, that may find the key it makes taken.
CREATE FUNCTION attempt(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN unique_violation THEN
	NULL;
END $$;

INSERT INTO customers SELECT n, 'customer ' || n, 'c' || n || '@example.org', (ARRAY['de', 'fr', 'it'])[n % 3 + 1], n / 4.0, n, '1950-01-01'::date + n * 20,
	'2024-01-01'::timestamptz + n * interval '1 hour', n % 3 = 0, ARRAY['t' || n % 5, NULL], 'extra ' || n FROM generate_series(1, 1000) n;
INSERT INTO orders SELECT (ARRAY['de', 'fr', 'it'])[n % 3 + 1], n, n, 'new', n * 1.25, '2024-01-01'::timestamp + n * interval '1 second', NULL FROM generate_series(1, 1000) n;
INSERT INTO order_lines SELECT n, l, 'sku' || n, l, n / 3.0 FROM generate_series(1, 1000) n, generate_series(1, 3) l;
INSERT INTO documents SELECT n, 'document ' || n, 1, large(n, 2500), decode(large(n, 400), 'hex'), to_jsonb(large(n, 300)), ARRAY[large(n, 300), NULL] FROM generate_series(1, 200) n;
INSERT INTO full_documents SELECT * FROM documents WHERE id <= 50;
INSERT INTO sessions (token, started, counter, data) SELECT md5(n::text)::uuid, '2024-01-01'::timestamptz + n * interval '1 second', n, '{"a" : 1}' FROM generate_series(1, 200) n;
INSERT INTO everything SELECT (all_of(n)).* FROM generate_series(1, 600) n;

CREATE TABLE marker (id int PRIMARY KEY);
INSERT INTO marker VALUES (0);
