-- Values of every type.
\set n random(1, 20000)
\set what random(0, 5)
BEGIN;
DELETE FROM everything e USING all_of(:n) n WHERE (e.a_date, e.a_uuid, e.an_amount) = (n.a_date, n.a_uuid, n.an_amount);
INSERT INTO everything SELECT * FROM all_of(:n) WHERE :what > 0 ON CONFLICT DO NOTHING;
UPDATE everything SET an_int = :n, a_text = NULL, some_ints = some_ints || :n WHERE a_date = '1970-01-01'::date + :n % 7 - 3 AND a_uuid = md5((:n % 97)::text)::uuid
	AND an_amount = (:n % 13 - 6)::numeric / 7 AND :what > 3;
COMMIT;
