-- Documents change in part: some of their large values stay, become short, go, or come back.
\set document random(1, 200)
\set what random(0, 9)
\set n random(1, 1000000)
BEGIN;
UPDATE documents SET revision = revision + 1, title = 'revision ' || :n WHERE id = :document;
UPDATE documents SET body = large(:n, 2500) WHERE id = :document AND :what = 0;
UPDATE documents SET body = 'short', scan = NULL WHERE id = :document AND :what = 1;
UPDATE documents SET scan = decode(large(:n, 2600), 'hex') WHERE id = :document AND :what = 2;
UPDATE documents SET meta = to_jsonb(large(:n, 2400)), words = ARRAY[large(:n, 900), 'b'] WHERE id = :document AND :what = 3;
UPDATE documents SET words = '{}', meta = NULL WHERE id = :document AND :what = 4;
UPDATE full_documents SET revision = revision + 1 WHERE id = :document;
COMMIT;
