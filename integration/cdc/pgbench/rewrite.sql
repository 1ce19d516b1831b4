-- A document goes and comes again under the same key, in one transaction or in none.
\set document random(1, 200)
\set n random(1, 1000000)
BEGIN;
DELETE FROM documents WHERE id = :document;
INSERT INTO documents VALUES (:document, 'again', 0, large(:n, 2500), NULL, '{}', NULL) ON CONFLICT DO NOTHING;
UPDATE documents SET revision = 1 WHERE id = :document;
COMMIT;
DELETE FROM full_documents WHERE id = :document % 60 + 1;
INSERT INTO full_documents VALUES (:document % 60 + 1, NULL, 0, large(:n, 2500), decode(large(:n, 100), 'hex'), NULL, NULL) ON CONFLICT DO NOTHING;
