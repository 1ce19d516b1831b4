-- Money goes from one customer to another, each row several times changed in one transaction.
\set a random(1, 1000)
\set b random(1, 1000)
BEGIN;
UPDATE customers SET balance = balance + 5.5, score = score + 1 WHERE id = :a;
UPDATE customers SET balance = balance - 5.5, active = NOT active, tags = tags || ARRAY['p'] WHERE id = :b AND cardinality(tags) < 6;
UPDATE orders SET state = 'paid', note = 'paid by ' || :a WHERE region = (ARRAY['de', 'fr', 'it'])[:b % 3 + 1] AND id = :b;
UPDATE customers SET tags = NULL WHERE id = :a AND :a % 50 = 0;
UPDATE customers SET score = NULL, tags = '{}' WHERE id = :b AND :b % 20 = 0;
COMMIT;
