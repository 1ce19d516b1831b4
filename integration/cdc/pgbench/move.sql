-- Keys change: of an order within and across regions, and of documents whose large values stay.
\set id random(1, 1000)
\set document random(1, 200)
BEGIN;
SELECT attempt(format('UPDATE orders SET region = CASE region WHEN %L THEN %L WHEN %L THEN %L ELSE %L END WHERE id = %s', 'de', 'fr', 'fr', 'it', 'de', :id));
SELECT attempt(format('UPDATE documents SET id = id + 1000 - 2000 * (id / 1000), revision = revision + 1 WHERE id IN (%s, %s)', :document, :document + 1000));
SELECT attempt(format('UPDATE full_documents SET id = id + 1000 - 2000 * (id / 1000), revision = revision + 1 WHERE id IN (%s, %s)',
	:document % 50 + 1, :document % 50 + 1001));
COMMIT;
