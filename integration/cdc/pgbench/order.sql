-- A customer orders: an insert into each of two tables and an update.
\set customer random(1, 1000)
\set lines random(1, 4)
BEGIN;
SELECT nextval('ids') AS id \gset
INSERT INTO orders (region, id, customer, state, total, placed, note)
	VALUES ((ARRAY['de', 'fr', 'it'])[:customer % 3 + 1], :id, :customer, 'new', :customer * 1.01, clock_timestamp(), NULL);
INSERT INTO order_lines (order_id, line, sku, quantity, price) SELECT :id, l, 'sku' || l, l, :customer / 7.0 FROM generate_series(1, :lines) l;
UPDATE customers SET balance = balance - 1.01, seen = clock_timestamp() WHERE id = :customer;
COMMIT;
