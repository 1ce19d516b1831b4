-- Sessions come, go on, and go; some only ever existed within a transaction, and some never did.
\set n random(1, 500)
\set what random(0, 9)
INSERT INTO sessions (token, started, counter, data) VALUES (md5(:n::text)::uuid, clock_timestamp(), :n::bigint << 20, json_build_object('n', :n))
	ON CONFLICT (token) DO UPDATE SET counter = sessions.counter + 1, data = NULL;
DELETE FROM sessions WHERE token = md5((:n + 1)::text)::uuid AND :what < 4;
BEGIN;
INSERT INTO sessions (token, started, counter, data) VALUES (md5((10000 + :n)::text)::uuid, NULL, 1, NULL) ON CONFLICT DO NOTHING;
DELETE FROM sessions WHERE token = md5((10000 + :n)::text)::uuid;
COMMIT;
BEGIN;
UPDATE sessions SET counter = -1 WHERE token = md5((:n + 2)::text)::uuid;
ROLLBACK;
