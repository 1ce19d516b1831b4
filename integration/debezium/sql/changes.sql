-- What happens while the connector streams. Each statement is a transaction of its own, but for those within BEGIN.
-- The values of the snapshot again: they must come out the same.
INSERT INTO numbers SELECT 100 + n, a, b, 1, 1, 1, c, d, e, f, g, h, j, k, l, m FROM number_values;
INSERT INTO texts SELECT 100 + n, a, b, c, d, e, f, h, i, j, k, l, m, o, p, q, s FROM text_values;
INSERT INTO times SELECT 100 + n, a, b, b, b, b, c, c, d, d, d, d, e, e, e FROM time_values;
INSERT INTO odd_times SELECT 100 + n, a, b, b, c FROM odd_time_values;
INSERT INTO odd_numbers SELECT 100 + id, numeric_10_2, numeric_free, numeric_negative FROM odd_numbers;
INSERT INTO others SELECT 100 + n, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, x, y FROM other_values;
INSERT INTO arrays SELECT 100 + n, a, b, c, d, e, h, i, j, k, s, t, u, v, w, x, y FROM array_values;
INSERT INTO numeric_arrays SELECT 100 + n, a, b FROM numeric_array_values;
INSERT INTO time_arrays SELECT 100 + n, a, b, c, d, e FROM time_array_values;
INSERT INTO intervals SELECT 100 + n, a, a, a, b FROM interval_values;
INSERT INTO binaries SELECT 100 + n, a, b, c FROM binary_values;
INSERT INTO hstores SELECT 100 + n, a, b FROM hstore_values;
UPDATE numbers SET a_bigint = 3 WHERE id = 0;
UPDATE times SET a_date = '2000-01-01' WHERE id = 0;
DELETE FROM numbers WHERE id = 1;
DELETE FROM times WHERE id = 1;
DELETE FROM texts WHERE id = 1;

-- Large values that stay as they are, that change, that go and that come back; a key that changes, and a row that comes back.
UPDATE items SET note = 'large values stay' WHERE id = 1;
UPDATE items SET large_text = 'short now' WHERE id = 1;
UPDATE items SET large_bytea = NULL, large_ints = NULL WHERE id = 1;
BEGIN;
UPDATE items SET id = 20, note = 'another key, large values stay' WHERE id = 2;
UPDATE items SET note = 'twice in a transaction' WHERE id = 20;
COMMIT;
DELETE FROM items WHERE id = 3;
SELECT add_item('items', 3);
UPDATE items SET note = '__debezium_unavailable_value' WHERE id = 3;
SELECT add_item('items', 4);
DELETE FROM items WHERE id = 4;
UPDATE items_full SET note = 'large values stay' WHERE id = 1;
UPDATE items_full SET id = 20 WHERE id = 2;
DELETE FROM items_full WHERE id = 3;

UPDATE composite_keys SET note = 'changed' WHERE n = 1.5;
UPDATE composite_keys SET day = '2024-01-02', note = 'another key' WHERE n = 1.6;
INSERT INTO composite_keys VALUES ('b', '1969-12-31', -1.25, '00000000-0000-0000-0000-000000000002', NULL);
DELETE FROM composite_keys WHERE n = 1.5;

INSERT INTO no_key VALUES (2, 'two');
UPDATE no_key SET y = 'zwei' WHERE x = 2;
DELETE FROM no_key WHERE x IS NULL;

INSERT INTO emptied VALUES (3, 'three');
TRUNCATE emptied;
INSERT INTO emptied VALUES (1, 'one again');

INSERT INTO evolving VALUES (2, 2, 2.5, 'two', 'gone too', '2024-01-02 00:00:00.123');
ALTER TABLE evolving ADD added text DEFAULT 'as added';
INSERT INTO evolving VALUES (3, 3, 3.5, 'three', 'gone too', '2024-01-03 00:00:00.123', 'three');
ALTER TABLE evolving DROP gone;
UPDATE evolving SET added = 'changed' WHERE id = 2;
ALTER TABLE evolving ALTER small TYPE bigint, ALTER amount TYPE numeric(12, 4), ALTER name TYPE text, ALTER at TYPE timestamp(6);
INSERT INTO evolving VALUES (4, 4000000000, 12345678.1234, 'longer than ten', '2024-01-04 00:00:00.123456', NULL);
ALTER TABLE evolving RENAME added TO renamed;
INSERT INTO evolving VALUES (5, 5, 5.5, 'five', '2024-01-05 00:00:00', 'five');

INSERT INTO "Other Schema"."Table $1" VALUES (2, 'd', 'e', 'f');
UPDATE "Other Schema"."Table $1" SET "a.b" = NULL WHERE "The Id" = 1;

SELECT pg_logical_emit_message(true, 'a prefix', 'a message of the application');
