-- An order goes, with its lines, or comes back the same moment.
\set id random(1, 1000)
\set again random(0, 1)
BEGIN;
DELETE FROM order_lines WHERE order_id = :id;
DELETE FROM orders WHERE id = :id;
INSERT INTO orders (region, id, customer, state, total, placed)
	SELECT (ARRAY['de', 'fr', 'it'])[:id % 3 + 1], :id, :id, 'returned', NULL, clock_timestamp() WHERE :again = 1 ON CONFLICT DO NOTHING;
INSERT INTO order_lines (order_id, line, sku, quantity, price) SELECT :id, 1, 'again', NULL, 'NaN' WHERE :again = 1 ON CONFLICT DO NOTHING;
COMMIT;
