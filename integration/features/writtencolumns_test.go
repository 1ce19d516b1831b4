//go:build integration

package features

// columnTables are of the features that columns and values have.
var columnTables = []written{
	{
		name: "variant", blind: map[string]string{"delta-rs": noVariant, "duckdb": noVariant},
		steps: []step{
			{"source", nil, "python: spark.sql(\"CREATE TABLE delta.`\" + path + \"/../source` (id BIGINT, v VARIANT, s STRUCT<v: VARIANT>, n INT) USING delta\"); spark.sql(\"INSERT INTO delta.`\" + path + \"/../source` \" + '''" + variants + "''')"},
			create("id BIGINT, v VARIANT, s STRUCT<v: VARIANT>, n INT", "", "delta.enableDeletionVectors=true"),
			{"append", []string{"append", "$t", "--source", "$t/../source"}, "python: spark.read.format('delta').load(path + '/../source').write.format('delta').mode('append').save(path)"},
			{"append to a new table", []string{"append", "$t/../new", "--source", "$t/../source"}, ""},
			{"overwrite", []string{"overwrite", "$t", "--source", "$t/../new"}, "python: spark.read.format('delta').load(path + '/../source').write.format('delta').mode('overwrite').save(path)"},
			updated("n = n + 1", "id < 3"),
			deleted("id = 4"),
			updated("n = 70", "v IS NULL"),
			altered("SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')", "set-property", "delta.enableDeletionVectors=false"),
			deleted("id = 0"),
		},
		onTop: []string{"UPDATE $t SET v = parse_json('[1]') WHERE id = 5", "DELETE FROM $t WHERE id = 1"},
	},
	{name: "column mapping by name", blind: map[string]string{"duckdb": nullPartcols}, steps: mapped("name"), onTop: mappedOnTop},
	{name: "column mapping by id", blind: map[string]string{"duckdb": nullPartcols}, steps: mapped("id"), onTop: mappedOnTop},
	{
		name: "column mapping switched on later",
		steps: []step{
			create("id BIGINT, name STRING, s STRUCT<a: INT, b: STRING>", ""),
			insert("SELECT CAST(1 AS BIGINT) AS id, 'one' AS name"),
			altered("SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')", "set-property", "delta.columnMapping.mode=name"),
			altered("RENAME COLUMN name TO title", "rename-column", "name", "title"),
			altered("RENAME COLUMN s.a TO alpha", "rename-column", "s.a", "alpha"),
			insert("SELECT CAST(2 AS BIGINT) AS id, 'two' AS title"),
			updated("title = 'changed'", "id = 1"),
			altered("DROP COLUMN s.b", "drop-column", "s.b"),
			altered("ADD COLUMN (name INT)", "add-column", "name INT"),
			insert("SELECT CAST(3 AS BIGINT) AS id, 'three' AS title, CAST(3 AS INT) AS name"),
		},
		onTop: []string{"INSERT INTO $t VALUES (4, 'four', named_struct('alpha', 4), 4)", "DELETE FROM $t WHERE id = 2"},
	},
	{
		name: "type widening", blind: map[string]string{"delta-rs": noWidening, "duckdb": noWidening},
		steps: []step{
			create("id BIGINT, b TINYINT, i INT, f FLOAT, d DECIMAL(5,2), day DATE, s STRUCT<x: INT>, l ARRAY<SMALLINT>, m MAP<INT, INT>, p INT", "p", "delta.enableTypeWidening=true", "delta.feature.timestampNtz=supported"),
			insert("SELECT CAST(1 AS BIGINT) AS id, CAST(1 AS TINYINT) AS b, CAST(3 AS INT) AS i, CAST(1.5 AS FLOAT) AS f, CAST(1.25 AS DECIMAL(5,2)) AS d, DATE '2024-01-01' AS day, CAST(5 AS INT) AS p"),
			altered("ALTER COLUMN b TYPE SMALLINT", "change-type", "b", "SMALLINT"),
			altered("ALTER COLUMN f TYPE DOUBLE", "change-type", "f", "DOUBLE"),
			altered("ALTER COLUMN d TYPE DECIMAL(12,4)", "change-type", "d", "DECIMAL(12,4)"),
			altered("ALTER COLUMN day TYPE TIMESTAMP_NTZ", "change-type", "day", "TIMESTAMP_NTZ"),
			altered("ALTER COLUMN s.x TYPE BIGINT", "change-type", "s.x", "BIGINT"),
			altered("ALTER COLUMN l.element TYPE INT", "change-type", "l.element", "INT"),
			altered("ALTER COLUMN m.key TYPE BIGINT", "change-type", "m.key", "BIGINT"),
			altered("ALTER COLUMN p TYPE BIGINT", "change-type", "p", "BIGINT"),
			{"widening by the rows", []string{"append", "$t", "--merge-schema", "--query", "SELECT 2::BIGINT AS id, 5000000000 AS i, 70000::INT AS b, 6000000000 AS p"},
				"python: spark.sql('SELECT 2L AS id, 5000000000 AS i, 70000 AS b, 6000000000 AS p').write.format('delta').mode('append').option('mergeSchema', 'true').save(path)"},
			updated("f = f + 0.1", "id = 1"),
		},
		onTop: []string{"UPDATE $t SET i = i + 1 WHERE id = 1", "INSERT INTO $t (id, b) VALUES (3, 100000)", "DELETE FROM $t WHERE id = 2"},
	},
	{
		name: "constraints, defaults and invariants",
		steps: []step{
			{"create", []string{"create", "$t", "--schema", "id BIGINT NOT NULL, price DOUBLE, name STRING DEFAULT 'none', day DATE DEFAULT DATE '2024-01-02'", "--property", "delta.feature.allowColumnDefaults=supported"},
				"CREATE TABLE $t (id BIGINT NOT NULL, price DOUBLE, name STRING DEFAULT 'none', day DATE DEFAULT DATE '2024-01-02') USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"},
			insert("SELECT CAST(1 AS BIGINT) AS id, CAST(2.5 AS DOUBLE) AS price"),
			altered("ADD CONSTRAINT positive CHECK (price >= 0 AND id > 0)", "add-constraint", "positive", "price >= 0 AND id > 0"),
			altered("ALTER COLUMN price SET DEFAULT 9.5", "set-default", "price", "9.5"),
			insert("SELECT CAST(2 AS BIGINT) AS id, 'two' AS name"),
			updated("price = price * 2", "id = 2"),
		},
		onTop: []string{"INSERT INTO $t (id) VALUES (3)", "INSERT INTO $t VALUES (4, 3.5, 'four', DEFAULT)", "DELETE FROM $t WHERE id = 1"},
		look: `result = []
for bad in ["INSERT INTO $t (id, price) VALUES (-1, 1)", "INSERT INTO $t (id, price) VALUES (null, 1)", "UPDATE $t SET price = -1 WHERE id = 2"]:
    try:
        q(bad)
        result.append("taken")
    except Exception as e:
        result.append(str(e).split("]")[0])`,
	},
	{
		name: "generated columns",
		steps: []step{
			{"create", []string{"create", "$t", "--schema", "id BIGINT, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), y INT GENERATED ALWAYS AS (YEAR(at))", "--partition-by", "day"},
				"python: (DeltaTable.create(spark).location(path).addColumn('id', 'BIGINT').addColumn('at', 'TIMESTAMP').addColumn('day', 'DATE', generatedAlwaysAs='CAST(at AS DATE)').addColumn('y', 'INT', generatedAlwaysAs='YEAR(at)').partitionedBy('day').execute())"},
			{"append", []string{"append", "$t", "--query", "SELECT 1::BIGINT AS id, TIMESTAMPTZ '2024-05-06 07:08:09Z' AS \"at\""}, "INSERT INTO $t (id, at) VALUES (1, timestamp'2024-05-06 07:08:09')"},
			{"append", []string{"append", "$t", "--query", "SELECT 2::BIGINT AS id, TIMESTAMPTZ '2024-05-06 23:59:59Z' AS \"at\", DATE '2024-05-06' AS day"}, "INSERT INTO $t (id, at, day) VALUES (2, timestamp'2024-05-06 23:59:59', date'2024-05-06')"},
			updated("at = timestamp'2025-01-02 03:04:05'", "id = 2"),
		},
		onTop: []string{"INSERT INTO $t (id, at) VALUES (3, timestamp'2023-05-06 07:08:09'), (4, null)", "UPDATE $t SET at = timestamp'2022-01-02 03:04:05' WHERE id = 1", "DELETE FROM $t WHERE id = 3"},
	},
	{
		name: "identity columns",
		steps: []step{
			{"create", []string{"create", "$t", "--schema", "id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), down BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH -1 INCREMENT BY -2), v STRING"},
				"python: from delta.tables import IdentityGenerator\n(DeltaTable.create(spark).location(path).addColumn('id', 'BIGINT', generatedAlwaysAs=IdentityGenerator(start=10, step=5)).addColumn('down', 'BIGINT', generatedByDefaultAs=IdentityGenerator(start=-1, step=-2)).addColumn('v', 'STRING').execute())"},
			insert("SELECT 'a' AS v"),
			{"append", []string{"append", "$t", "--query", "SELECT v FROM (VALUES ('b'), ('c')) x(v)"}, "INSERT INTO $t (v) SELECT /*+ COALESCE(1) */ * FROM VALUES ('b'), ('c')"},
			{"append", []string{"append", "$t", "--query", "SELECT -77::BIGINT AS down, 'd' AS v"}, "INSERT INTO $t (down, v) VALUES (-77, 'd')"},
			updated("v = 'changed'", "v = 'b'"),
		},
		onTop: []string{"INSERT INTO $t (v) SELECT /*+ COALESCE(1) */ * FROM VALUES ('e'), ('f')", "DELETE FROM $t WHERE v = 'a'"},
	},
}

const variants = `SELECT id, parse_json(concat('{"a":', id, ',"b":["x",1.5,null,true,{"c":"d"}],"big":123456789012345678,"e":1e300}')), named_struct('v', parse_json('"text"')), int(id) FROM range(6) UNION ALL SELECT 9, null, named_struct('v', parse_json('1')), 9 UNION ALL SELECT 10, parse_json('null'), named_struct('v', parse_json('null')), 10 UNION ALL SELECT 11, to_variant_object(named_struct('d', date'2024-01-02', 'ts', timestamp'2024-01-02 03:04:05.678', 'f', float(1.5), 'b', X'00ff', 'dec', 12.3456, 'long', repeat('x', 100))), named_struct('v', parse_json('[]')), 11`

func mapped(mode string) []step {
	return []step{
		create("id BIGINT, name STRING, s STRUCT<a: INT, b: STRING>, l ARRAY<STRUCT<x: INT>>, p INT", "p", "delta.columnMapping.mode="+mode, "delta.checkpointInterval=3"),
		{"append", []string{"append", "$t", "--query", "SELECT id, 'n' || id AS name, {'a': id::INT, 'b': 'x'} AS s, [{'x': 1::INT}] AS l, (id % 2)::INT AS p FROM range(10) t(id)"},
			"INSERT INTO $t SELECT id, concat('n', id), named_struct('a', cast(id AS INT), 'b', 'x'), array(named_struct('x', 1)), id % 2 FROM range(10)"},
		altered("RENAME COLUMN name TO `full name`", "rename-column", "name", "full name"),
		altered("RENAME COLUMN s.a TO alpha", "rename-column", "s.a", "alpha"),
		altered("RENAME COLUMN l.element.x TO y", "rename-column", "l.element.x", "y"),
		altered("RENAME COLUMN p TO part", "rename-column", "p", "part"),
		altered("DROP COLUMN s.b", "drop-column", "s.b"),
		altered("ADD COLUMN (name INT)", "add-column", "name INT"),
		{"append", []string{"append", "$t", "--query", "SELECT id, 'z' AS \"full name\", {'alpha': 1::INT} AS s, 7::INT AS part, 42::INT AS name FROM range(20, 22) t(id)"},
			"INSERT INTO $t SELECT id, 'z', named_struct('alpha', 1), null, 7, 42 FROM range(20, 22)"},
		deleted("id = 3"),
		updated("`full name` = 'changed'", "s.alpha = 4"),
		altered("DROP COLUMN l", "drop-column", "l"),
		altered("ADD COLUMN (l STRING AFTER id)", "add-column", "l STRING", "--after", "id"),
	}
}

var mappedOnTop = []string{"DELETE FROM $t WHERE id = 5", "INSERT INTO $t (id, l, part) VALUES (50, 'l', 3)", "ALTER TABLE $t RENAME COLUMN s.alpha TO omega", "UPDATE $t SET s.omega = 9 WHERE part = 1"}
