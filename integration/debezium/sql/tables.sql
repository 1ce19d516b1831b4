-- The tables that samples are taken of, with the rows that a snapshot finds.
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy, "very"');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN very_positive AS positive CHECK (VALUE > 1);
CREATE DOMAIN amount AS numeric(12, 3);
CREATE DOMAIN email AS varchar(40);
CREATE DOMAIN moment AS timestamptz(3);

CREATE TABLE marker (id int PRIMARY KEY);
INSERT INTO marker VALUES (0);

CREATE TABLE numbers (
	id int PRIMARY KEY,
	a_smallint smallint,
	a_bigint bigint,
	a_smallserial smallserial,
	a_serial serial,
	a_bigserial bigserial,
	a_real real,
	a_double double precision,
	numeric_10_2 numeric(10, 2),
	numeric_5 numeric(5),
	numeric_38_10 numeric(38, 10),
	numeric_45_5 numeric(45, 5),
	numeric_free numeric,
	a_money money,
	a_boolean boolean,
	an_oid oid
);
CREATE VIEW number_values AS
SELECT 0 AS n, 1::smallint AS a, 2::bigint AS b, 1.5::real AS c, 0.1::float8 AS d, 12.34 AS e, 5 AS f, 1.5 AS g, 7 AS h, 1.5::numeric AS j,
	'12.34'::money AS k, true AS l, 42::oid AS m
UNION ALL SELECT 1, 32767::smallint, 9223372036854775807, 3.4028235e38::real, 1.7976931348623157e308, 99999999.99, 99999,
	9999999999999999999999999999.9999999999, 9999999999999999999999999999999999999999.99999, 123456789012345678901234567890.123456789012345678901234567890,
	'92233720368547758.07'::money, false, 4294967295::oid
UNION ALL SELECT 2, (-32768)::smallint, -9223372036854775808, 1e-45::real, -5e-324, -0.01, -1, -0.0000000001, -0.00001, -0.000,
	'-92233720368547758.08'::money, true, 0::oid
UNION ALL SELECT 3, NULL, NULL, 'NaN', 'Infinity', 0, 0, 0, 0, 1e30, '0'::money, NULL, NULL
UNION ALL SELECT 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
ORDER BY 1;
INSERT INTO numbers SELECT n, a, b, 1, 1, 1, c, d, e, f, g, h, j, k, l, m FROM number_values;

-- What a numeric may be besides a number, and one that is a multiple of a hundred.
CREATE TABLE odd_numbers (id int PRIMARY KEY, numeric_10_2 numeric(10, 2), numeric_free numeric, numeric_negative numeric(5, -2));
INSERT INTO odd_numbers VALUES (0, 'NaN', 'NaN', NULL), (1, 1, 'Infinity', 12300), (2, 2, '-Infinity', NULL);

CREATE TABLE texts (
	id int PRIMARY KEY,
	char_5 char(5),
	varchar_10 varchar(10),
	a_text text,
	a_citext citext,
	a_name name,
	a_char "char",
	bit_1 bit(1),
	bit_12 bit(12),
	bit_varying_20 bit varying(20),
	bit_varying_free bit varying,
	an_enum mood,
	a_uuid uuid,
	a_json json,
	a_jsonb jsonb,
	an_xml xml,
	an_ltree ltree
);
CREATE VIEW text_values AS
SELECT 0 AS n, 'ab'::char(5) AS a, 'abc'::varchar(10) AS b, E'line\nquote " back \\ tab \t é 😀' AS c, 'MiXed'::citext AS d, 'a_name'::name AS e, 'x'::"char" AS f,
	B'1' AS h, B'101010101010' AS i, B'1100110011001' AS j, B'0000000011111111000' AS k, 'happy, "very"'::mood AS l,
	'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS m, '{"b": 1,  "a": [1.50, null, "x\u00e9"], "b": 2}'::json AS o, '{"b": 1, "a": [1.50, null, "x\u00e9"]}'::jsonb AS p,
	'<a b="c">d &amp; e</a>'::xml AS q, 'top.science.stars'::ltree AS s
UNION ALL SELECT 1, '', '', '', '', '', '', B'0', B'000000000000', B'', B'', 'sad', '00000000-0000-0000-0000-000000000000', '""', 'null', '', ''
UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
ORDER BY 1;
INSERT INTO texts SELECT * FROM text_values;

CREATE TABLE times (
	id int PRIMARY KEY,
	a_date date,
	a_time time,
	time_0 time(0),
	time_3 time(3),
	time_6 time(6),
	a_timetz timetz,
	timetz_3 timetz(3),
	a_timestamp timestamp,
	timestamp_0 timestamp(0),
	timestamp_3 timestamp(3),
	timestamp_6 timestamp(6),
	a_timestamptz timestamptz,
	timestamptz_0 timestamptz(0),
	timestamptz_3 timestamptz(3)
);
CREATE VIEW time_values AS
SELECT 0 AS n, '2024-02-29'::date AS a, '13:14:15.123456'::time AS b, '13:14:15.123456+05:30'::timetz AS c, '2024-02-29 13:14:15.123456'::timestamp AS d,
	'2024-02-29 13:14:15.123456+02'::timestamptz AS e
UNION ALL SELECT 1, '1969-12-31', '00:00', '00:00-12', '1969-12-31 23:59:59.999999', '1900-01-01 00:00:00.000001+00'
UNION ALL SELECT 2, '9999-12-31', '24:00', '23:59:59.999999+15:59', '9999-12-31 23:59:59', '9999-12-31 23:59:59+00'
UNION ALL SELECT 3, '1500-03-01', '23:59:59.4', '01:02:03.004-08', '1582-10-10 00:00:00', '1582-10-04 12:00:00.5+00'
UNION ALL SELECT 4, NULL, NULL, NULL, NULL, NULL
ORDER BY 1;
INSERT INTO times SELECT n, a, b, b, b, b, c, c, d, d, d, d, e, e, e FROM time_values;

-- Times that are far away, and those that are none.
CREATE TABLE odd_times (id int PRIMARY KEY, a_date date, a_timestamp timestamp, timestamp_3 timestamp(3), a_timestamptz timestamptz);
CREATE VIEW odd_time_values AS
SELECT 0 AS n, 'infinity'::date AS a, 'infinity'::timestamp AS b, 'infinity'::timestamptz AS c
UNION ALL SELECT 1, '-infinity', '-infinity', '-infinity'
UNION ALL SELECT 2, '0044-03-15 BC', '0044-03-15 12:00:00.5 BC', '0044-03-15 12:00:00.5+00 BC'
UNION ALL SELECT 3, '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00'
UNION ALL SELECT 4, '12345-06-07', '12345-06-07 08:09:10.123456', '12345-06-07 08:09:10.123456+00'
UNION ALL SELECT 5, '5874897-12-31', '294276-12-31 23:59:59.25', '294276-12-31 23:59:59.25+00'
UNION ALL SELECT 6, '4713-01-01 BC', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC'
ORDER BY 1;
INSERT INTO odd_times SELECT n, a, b, b, c FROM odd_time_values;

CREATE TABLE others (
	id int PRIMARY KEY,
	an_inet inet,
	a_cidr cidr,
	a_macaddr macaddr,
	a_macaddr8 macaddr8,
	a_point point,
	a_line line,
	a_box box,
	a_circle circle,
	a_path path,
	an_int4range int4range,
	an_int8range int8range,
	a_numrange numrange,
	a_tsrange tsrange,
	a_tstzrange tstzrange,
	a_daterange daterange,
	an_int4multirange int4multirange,
	a_tsvector tsvector,
	a_tsquery tsquery,
	a_pg_lsn pg_lsn,
	a_domain positive,
	a_domain_of_a_domain very_positive,
	an_amount amount,
	an_email email,
	a_moment moment
);
CREATE VIEW other_values AS
SELECT 0 AS n, '192.168.1.5/24'::inet AS a, '10.1.0.0/16'::cidr AS b, '08:00:2b:01:02:03'::macaddr AS c, '08:00:2b:01:02:03:04:05'::macaddr8 AS d, '(1.5,-2)'::point AS e,
	'{1,2,3}'::line AS f, '(3,4),(1,2)'::box AS g, '<(1,2),3>'::circle AS h, '[(1,2),(3,4)]'::path AS i, '[1,5)'::int4range AS j, '(,5)'::int8range AS k,
	'[1.50,2.5]'::numrange AS l, '[2024-01-01 00:00:00,2024-01-02 00:00:00.5)'::tsrange AS m, '[2024-01-01 00:00:00+02,)'::tstzrange AS o,
	'[2024-01-01,2024-02-01)'::daterange AS p, '{[1,3),[5,7)}'::int4multirange AS q, 'a fat cat'::tsvector AS r, 'fat & cat'::tsquery AS s, '16/B374D848'::pg_lsn AS t,
	7 AS u, 8 AS v, 1.500 AS w, 'a@example.org' AS x, '2024-02-29 13:14:15.123456+02'::timestamptz AS y
UNION ALL SELECT 1, '::1', '2001:db8::/32', NULL, NULL, '(NaN,Infinity)', NULL, NULL, NULL, NULL, 'empty', 'empty', '(,)', '[-infinity,infinity]', 'empty', '(,)', '{}',
	NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
ORDER BY 1;
INSERT INTO others SELECT * FROM other_values;

CREATE TABLE arrays (
	id int PRIMARY KEY,
	smallints smallint[],
	ints int[],
	bigints bigint[],
	reals real[],
	doubles float8[],
	booleans boolean[],
	texts text[],
	varchars varchar(10)[],
	chars char(3)[],
	uuids uuid[],
	jsons json[],
	jsonbs jsonb[],
	inets inet[],
	moods mood[],
	ranges int4range[],
	matrix int[][]
);
CREATE VIEW array_values AS
SELECT 0 AS n, '{1,-2}'::smallint[] AS a, '{1,NULL,3}'::int[] AS b, '{9223372036854775807}'::bigint[] AS c, '{1.5,NaN}'::real[] AS d, '{0.1,Infinity}'::float8[] AS e,
	'{t,f,NULL}'::boolean[] AS h, ARRAY['a,b', 'c"d', NULL, '', E'e\\f'] AS i,
	'{abc}'::varchar(10)[] AS j, '{a,bc}'::char(3)[] AS k,
	'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid[] AS s, ARRAY['{"a": 1}'::json] AS t, ARRAY['{"a": 1}'::jsonb] AS u, '{10.0.0.1}'::inet[] AS v,
	ARRAY['ok', 'happy, "very"']::mood[] AS w, ARRAY['[1,5)'::int4range] AS x, '{{1,2},{3,4}}'::int[][] AS y
UNION ALL SELECT 1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
ORDER BY 1;
INSERT INTO arrays SELECT * FROM array_values;

CREATE TABLE numeric_arrays (id int PRIMARY KEY, numerics_10_2 numeric(10, 2)[], numerics_free numeric[]);
CREATE VIEW numeric_array_values AS
SELECT 0 AS n, '{12.34,NULL,-0.01}'::numeric(10, 2)[] AS a, '{1.5,100}'::numeric[] AS b UNION ALL SELECT 1, '{}', NULL ORDER BY 1;
INSERT INTO numeric_arrays SELECT * FROM numeric_array_values;

CREATE TABLE time_arrays (id int PRIMARY KEY, dates date[], times time[], timetzs timetz[], timestamps timestamp[], timestamptzs timestamptz[]);
CREATE VIEW time_array_values AS
SELECT 0 AS n, '{2024-02-29,NULL}'::date[] AS a, '{13:14:15.123456}'::time[] AS b, '{13:14:15.123456+05:30}'::timetz[] AS c,
	'{2024-02-29 13:14:15.123456,1969-12-31 23:59:59}'::timestamp[] AS d, '{2024-02-29 13:14:15.123456+02}'::timestamptz[] AS e
UNION ALL SELECT 1, '{}', '{}', '{}', '{}', NULL ORDER BY 1;
INSERT INTO time_arrays SELECT * FROM time_array_values;

CREATE TABLE intervals (id int PRIMARY KEY, an_interval interval, interval_year_to_month interval year to month, interval_3 interval(3), intervals interval[]);
CREATE VIEW interval_values AS
SELECT 0 AS n, '1 year 2 mons 3 days 04:05:06.789012'::interval AS a, '{1 day 02:00:00,NULL}'::interval[] AS b
UNION ALL SELECT 1, '-1 mons +10 days -00:00:00.000001', '{}'
UNION ALL SELECT 2, '0', '{-1 year}'
UNION ALL SELECT 3, '200000 years', NULL
UNION ALL SELECT 4, NULL, NULL ORDER BY 1;
INSERT INTO intervals SELECT n, a, a, a, b FROM interval_values;

CREATE TABLE binaries (id int PRIMARY KEY, a_bytea bytea, byteas bytea[], bit_12 bit(12));
CREATE VIEW binary_values AS
SELECT 0 AS n, '\x00ff10fbef'::bytea AS a, ARRAY['\x00ff'::bytea, NULL, ''] AS b, B'101010101010' AS c
UNION ALL SELECT 1, '', '{}', B'000000000001'
UNION ALL SELECT 2, NULL, NULL, NULL ORDER BY 1;
INSERT INTO binaries SELECT * FROM binary_values;

CREATE TABLE hstores (id int PRIMARY KEY, an_hstore hstore, hstores hstore[]);
CREATE VIEW hstore_values AS
SELECT 0 AS n, '"a b"=>"c,d", e=>NULL, f=>""'::hstore AS a, ARRAY['a=>1'::hstore] AS b
UNION ALL SELECT 1, '', '{}'
UNION ALL SELECT 2, NULL, NULL ORDER BY 1;
INSERT INTO hstores SELECT * FROM hstore_values;

-- The same table twice: what is known of a row that was there before is its key, or all of it. Values that are large lie
-- outside of the row, and are not told where they did not change.
CREATE TABLE items (
	id int PRIMARY KEY,
	name text NOT NULL,
	price numeric(10, 2) NOT NULL DEFAULT 9.99,
	added timestamptz NOT NULL DEFAULT '2024-01-01 00:00:00+00',
	note text,
	large_text text,
	large_bytea bytea,
	large_jsonb jsonb,
	large_ints int[],
	large_texts text[]
) WITH (toast_tuple_target = 128);
ALTER TABLE items
	ALTER large_text SET STORAGE EXTERNAL,
	ALTER large_bytea SET STORAGE EXTERNAL,
	ALTER large_jsonb SET STORAGE EXTERNAL,
	ALTER large_ints SET STORAGE EXTERNAL,
	ALTER large_texts SET STORAGE EXTERNAL;
CREATE TABLE items_full (LIKE items INCLUDING ALL);
ALTER TABLE items_full REPLICA IDENTITY FULL;
CREATE FUNCTION add_item(place regclass, id int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO %s (id, name, note, large_text, large_bytea, large_jsonb, large_ints, large_texts)
		SELECT %s, %L, NULL, repeat(''large '', 400), decode(repeat(''00ff'', 150), ''hex''), to_jsonb(repeat(''j'', 200)), ARRAY(SELECT 1000 + generate_series(1, 80)),
			ARRAY[repeat(''t'', 200)]', place, id, 'item ' || id);
END $$;
SELECT add_item('items', 1), add_item('items', 2), add_item('items', 3), add_item('items_full', 1), add_item('items_full', 2), add_item('items_full', 3);

CREATE TABLE composite_keys (tenant text, day date, n numeric(6, 2), ref uuid, note text, PRIMARY KEY (ref, tenant, day, n));
INSERT INTO composite_keys SELECT 'a', '2024-01-01', 1.5, '00000000-0000-0000-0000-000000000001', 'first';
INSERT INTO composite_keys SELECT 'a', '2024-01-01', 1.6, '00000000-0000-0000-0000-000000000001', 'second';

CREATE TABLE no_key (x int, y text);
ALTER TABLE no_key REPLICA IDENTITY FULL;
INSERT INTO no_key VALUES (1, 'one'), (1, 'one'), (NULL, NULL);

CREATE TABLE emptied (id int PRIMARY KEY, note text);
INSERT INTO emptied VALUES (1, 'one'), (2, 'two');

CREATE TABLE evolving (id int PRIMARY KEY, small smallint, amount numeric(6, 2), name varchar(10), gone text, at timestamp(3));
INSERT INTO evolving VALUES (1, 1, 1.5, 'one', 'gone', '2024-01-01 00:00:00.123');

CREATE SCHEMA "Other Schema";
CREATE TABLE "Other Schema"."Table $1" ("The Id" int PRIMARY KEY, "a.b" text, "c-d" text, "select" text);
INSERT INTO "Other Schema"."Table $1" VALUES (1, 'a', 'b', 'c');

CREATE TABLE signals (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
