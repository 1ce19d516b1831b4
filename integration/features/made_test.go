//go:build integration

package features

// made is a table that Spark makes, statement by statement.
type made struct {
	name string
	// python runs before the statements, with `path`; for what has no SQL.
	python string
	// sql are statements; $t is the table.
	sql []string
	// blind are the engines that cannot read it, with the reason.
	blind map[string]string
	// conf are settings of Spark's session while it is made.
	conf map[string]string
}

// Why an engine is not asked.
const (
	noWidening   = "it knows no type widening"
	noVariant    = "it has no variant type"
	noVacuum     = "it does not know vacuumProtocolCheck"
	nullPartcols = "it reads the partition columns of tables with column mapping as null"
)

var tables = []made{
	{
		name:  "column mapping by name",
		blind: map[string]string{"duckdb": nullPartcols},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING, s STRUCT<a: INT, b: STRING>, l ARRAY<STRUCT<x: INT>>, m MAP<STRING, STRUCT<y: INT>>, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.checkpointInterval' = '3')",
			"INSERT INTO $t SELECT id, concat('n', id), named_struct('a', cast(id AS INT), 'b', 'x'), array(named_struct('x', 1)), map('k', named_struct('y', 2)), id % 2 FROM range(10)",
			"ALTER TABLE $t RENAME COLUMN name TO `full name`",
			"ALTER TABLE $t RENAME COLUMN s.a TO alpha",
			"ALTER TABLE $t RENAME COLUMN p TO part",
			"INSERT INTO $t SELECT id, concat('n', id), named_struct('alpha', cast(id AS INT), 'b', 'x'), null, null, id % 2 FROM range(10, 15)",
			"ALTER TABLE $t DROP COLUMN s.b",
			"ALTER TABLE $t ADD COLUMN (name INT)",
			"INSERT INTO $t SELECT id, 'z', named_struct('alpha', 1), array(), map(), 7, 42 FROM range(20, 22)",
			"ALTER TABLE $t DROP COLUMN m",
			"DELETE FROM $t WHERE id = 3",
			"UPDATE $t SET `full name` = 'changed' WHERE id = 4",
		},
	},
	{
		name:  "column mapping by id",
		blind: map[string]string{"duckdb": nullPartcols},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING, s STRUCT<a: INT, b: STRING>, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'id')",
			"INSERT INTO $t SELECT id, concat('n', id), named_struct('a', cast(id AS INT), 'b', 'x'), concat('p ', id % 2) FROM range(10)",
			"ALTER TABLE $t RENAME COLUMN name TO other",
			"ALTER TABLE $t RENAME COLUMN s.a TO alpha",
			"ALTER TABLE $t ADD COLUMN (name DATE)",
			"INSERT INTO $t SELECT id, 'o', named_struct('alpha', 1, 'b', 'y'), 'q', date'2024-02-03' FROM range(10, 12)",
			"ALTER TABLE $t DROP COLUMN other",
		},
	},
	{
		name: "column mapping switched on later",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING) USING delta",
			"INSERT INTO $t SELECT id, concat('n', id) FROM range(5)",
			"ALTER TABLE $t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')",
			"ALTER TABLE $t RENAME COLUMN name TO title",
			"INSERT INTO $t VALUES (7, 'seven')",
			"ALTER TABLE $t DROP COLUMN title",
		},
	},
	{
		name: "deletion vectors",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING, p INT, day DATE) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '4')",
			"INSERT INTO $t SELECT id, concat('r', id), id % 3, make_date(2024, 1, 1 + cast(id % 28 AS INT)) FROM range(3000)",
			"DELETE FROM $t WHERE id % 7 = 0",
			"UPDATE $t SET name = 'u' WHERE id % 11 = 0",
			"DELETE FROM $t WHERE id > 2900",
			"MERGE INTO $t USING (SELECT id, 'm' AS name, id % 3 AS p FROM range(2890, 2990)) s ON $t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name, p) VALUES (s.id, s.name, s.p)",
			"OPTIMIZE $t",
			"DELETE FROM $t WHERE p = 1 AND id < 100",
			"RESTORE TABLE $t TO VERSION AS OF 3",
		},
	},
	{
		name:  "type widening",
		blind: map[string]string{"delta-rs": noWidening, "duckdb": noWidening},
		sql: []string{
			"CREATE TABLE $t (b TINYINT, s SMALLINT, i INT, f FLOAT, d DECIMAL(5,2), day DATE, n STRUCT<x: INT>, l ARRAY<SMALLINT>, m MAP<INT, INT>, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported')",
			"INSERT INTO $t SELECT 1, 2, 3, cast(1.5 AS FLOAT), 1.25, date'2024-01-01', named_struct('x', 1), array(1S, null), map(1, 2), 5",
			"ALTER TABLE $t ALTER COLUMN b TYPE SMALLINT",
			"ALTER TABLE $t ALTER COLUMN s TYPE INT",
			"ALTER TABLE $t ALTER COLUMN i TYPE BIGINT",
			"ALTER TABLE $t ALTER COLUMN f TYPE DOUBLE",
			"ALTER TABLE $t ALTER COLUMN d TYPE DECIMAL(12,4)",
			"ALTER TABLE $t ALTER COLUMN day TYPE TIMESTAMP_NTZ",
			"ALTER TABLE $t ALTER COLUMN n.x TYPE BIGINT",
			"ALTER TABLE $t ALTER COLUMN l.element TYPE INT",
			"ALTER TABLE $t ALTER COLUMN m.key TYPE BIGINT",
			"ALTER TABLE $t ALTER COLUMN p TYPE BIGINT",
			"INSERT INTO $t SELECT 300, 70000, 5000000000, cast(1.1 AS DOUBLE), 12345678.1234, timestamp_ntz'2024-05-06 07:08:09.123456', named_struct('x', 5000000000), array(70000), map(5000000000, 2), 6000000000",
			"ALTER TABLE $t ALTER COLUMN b TYPE INT",
		},
	},
	{
		name: "V2 checkpoints",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')",
			"INSERT INTO $t SELECT id, id % 5 FROM range(50)", "INSERT INTO $t SELECT id, id % 5 FROM range(50, 100)",
			"DELETE FROM $t WHERE p = 2", "INSERT INTO $t SELECT id, id % 5 FROM range(100, 120)", "INSERT INTO $t VALUES (1000, 1)",
		},
	},
	{
		name: "V2 checkpoints as JSON",
		conf: map[string]string{"spark.databricks.delta.checkpointV2.topLevelFileFormat": "json"},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2')",
			"INSERT INTO $t SELECT id, id % 5 FROM range(50)", "DELETE FROM $t WHERE p = 2", "INSERT INTO $t VALUES (1000, 1)", "INSERT INTO $t VALUES (1001, 1)",
		},
	},
	{
		name: "multi-part checkpoints",
		conf: map[string]string{"spark.databricks.delta.checkpoint.partSize": "4"},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointInterval' = '3')",
			"INSERT INTO $t SELECT id, id % 5 FROM range(50)", "DELETE FROM $t WHERE p = 2", "INSERT INTO $t VALUES (1000, 1)", "INSERT INTO $t VALUES (1001, 1)",
		},
	},
	{
		name: "statistics as structs only",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, s STRING, ts TIMESTAMP, p DATE) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.checkpointInterval' = '2')",
			"INSERT INTO $t SELECT id, concat('s', id), timestamp'2024-01-01 00:00:00.123456', date'2024-01-02' FROM range(5)",
			"INSERT INTO $t SELECT id, null, null, null FROM range(5, 8)", "INSERT INTO $t SELECT id, null, null, null FROM range(8, 9)",
		},
	},
	{
		name: "constraints, defaults and invariants",
		sql: []string{
			"CREATE TABLE $t (id BIGINT NOT NULL, price DOUBLE, name STRING DEFAULT 'none', at TIMESTAMP DEFAULT timestamp'2024-01-01 00:00:00') USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
			"INSERT INTO $t (id, price) VALUES (1, 2.5)",
			"ALTER TABLE $t ADD CONSTRAINT positive CHECK (price >= 0 AND id > 0)",
			"INSERT INTO $t VALUES (2, 3.5, 'two', DEFAULT)",
		},
	},
	{
		name: "generated columns",
		python: "(DeltaTable.create(spark).location(path).addColumn('id', 'BIGINT').addColumn('at', 'TIMESTAMP')" +
			".addColumn('day', 'DATE', generatedAlwaysAs='CAST(at AS DATE)').addColumn('y', 'INT', generatedAlwaysAs='YEAR(at)').partitionedBy('day').execute())",
		sql: []string{"INSERT INTO $t (id, at) VALUES (1, timestamp'2024-05-06 07:08:09'), (2, null)"},
	},
	{
		name: "identity columns",
		python: "from delta.tables import IdentityGenerator\n(DeltaTable.create(spark).location(path).addColumn('id', 'BIGINT', generatedAlwaysAs=IdentityGenerator(start=10, step=5))" +
			".addColumn('down', 'BIGINT', generatedByDefaultAs=IdentityGenerator(start=-1, step=-2)).addColumn('v', 'STRING').execute())",
		sql: []string{"INSERT INTO $t (v) VALUES ('a'), ('b'), ('c')", "INSERT INTO $t (down, v) VALUES (77, 'd')"},
	},
	{
		name: "change data feed",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')",
			"INSERT INTO $t SELECT id, 'x' FROM range(10)", "UPDATE $t SET name = 'y' WHERE id = 3", "DELETE FROM $t WHERE id = 4",
		},
	},
	{
		name: "row tracking",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'true')",
			"INSERT INTO $t SELECT id, 'x' FROM range(10)", "INSERT INTO $t SELECT id, 'x' FROM range(10, 20)", "UPDATE $t SET name = 'y' WHERE id = 3", "OPTIMIZE $t", "DELETE FROM $t WHERE id = 4",
		},
	},
	{
		name: "clustering",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING, at DATE) USING delta CLUSTER BY (id, at)",
			"INSERT INTO $t SELECT id, 'x', date'2024-01-01' FROM range(100)", "OPTIMIZE $t", "ALTER TABLE $t CLUSTER BY (name)", "INSERT INTO $t VALUES (1000, 'y', null)",
		},
	},
	{
		name: "in-commit timestamps",
		sql: []string{
			"CREATE TABLE $t (id BIGINT) USING delta", "INSERT INTO $t VALUES (1)",
			"ALTER TABLE $t SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')", "INSERT INTO $t VALUES (2)",
		},
	},
	{
		name:  "variant",
		blind: map[string]string{"delta-rs": noVariant, "duckdb": noVariant},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, v VARIANT, s STRUCT<v: VARIANT>) USING delta",
			`INSERT INTO $t SELECT id, parse_json(concat('{"a":', id, ',"b":["x",1.5,null,true,{"c":"d"}],"big":123456789012345678}')), named_struct('v', parse_json('"text"')) FROM range(5)`,
			"INSERT INTO $t SELECT 9, null, named_struct('v', parse_json('1'))", "DELETE FROM $t WHERE id = 2",
		},
	},
	{
		name:  "Iceberg compatibility V2",
		blind: map[string]string{"duckdb": nullPartcols},
		sql: []string{
			"CREATE TABLE $t (id BIGINT, l ARRAY<INT>, m MAP<STRING, INT>, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableIcebergCompatV2' = 'true', 'delta.enableDeletionVectors' = 'false')",
			"INSERT INTO $t SELECT id, array(1, 2), map('a', 1), 'x' FROM range(5)", "DELETE FROM $t WHERE id = 2",
		},
	},
	{
		name: "Iceberg compatibility V1",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, name STRING) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableIcebergCompatV1' = 'true', 'delta.enableDeletionVectors' = 'false')",
			"INSERT INTO $t SELECT id, 'n' FROM range(5)", "DELETE FROM $t WHERE id = 2",
		},
	},
	{
		name:  "vacuum protocol check and checkpoint protection",
		blind: map[string]string{"delta-rs": noVacuum},
		sql: []string{
			"CREATE TABLE $t (id BIGINT) USING delta TBLPROPERTIES ('delta.feature.vacuumProtocolCheck' = 'supported', 'delta.enableDeletionVectors' = 'true')",
			"INSERT INTO $t SELECT id FROM range(10)", "DELETE FROM $t WHERE id = 3",
			"ALTER TABLE $t SET TBLPROPERTIES ('delta.feature.checkpointProtection' = 'supported')", "INSERT INTO $t VALUES (11)",
		},
	},
	{
		name: "timestamps without zone",
		sql: []string{
			"CREATE TABLE $t (id BIGINT, at TIMESTAMP_NTZ, p TIMESTAMP_NTZ) USING delta PARTITIONED BY (p)",
			"INSERT INTO $t VALUES (1, timestamp_ntz'2024-05-06 07:08:09.123456', timestamp_ntz'1999-12-31 23:59:59.999999'), (2, null, null)",
		},
	},
	everything,
}

// everything is a table with all features that go together.
var everything = made{
	name:  "everything",
	blind: map[string]string{"delta-rs": noWidening, "duckdb": noWidening},
	python: "(DeltaTable.create(spark).location(path)" +
		".addColumn('id', 'BIGINT', nullable=False).addColumn('name', 'STRING').addColumn('amount', 'DECIMAL(10,2)').addColumn('n', 'INT')" +
		".addColumn('at', 'TIMESTAMP').addColumn('wall', 'TIMESTAMP_NTZ').addColumn('day', 'DATE', generatedAlwaysAs='CAST(at AS DATE)')" +
		".addColumn('s', 'STRUCT<a: INT, b: STRING>').addColumn('v', 'VARIANT').addColumn('region', 'STRING').partitionedBy('region')" +
		".property('delta.columnMapping.mode', 'name').property('delta.enableDeletionVectors', 'true').property('delta.enableChangeDataFeed', 'true')" +
		".property('delta.enableRowTracking', 'true').property('delta.enableInCommitTimestamps', 'true').property('delta.checkpointPolicy', 'v2')" +
		".property('delta.enableTypeWidening', 'true').property('delta.checkpointInterval', '5').property('delta.feature.allowColumnDefaults', 'supported')" +
		".property('delta.feature.vacuumProtocolCheck', 'supported').property('delta.feature.domainMetadata', 'supported').execute())",
	sql: []string{
		"ALTER TABLE $t ADD CONSTRAINT positive CHECK (amount >= 0)",
		"ALTER TABLE $t ALTER COLUMN name SET DEFAULT 'nobody'",
		"INSERT INTO $t (id, name, amount, n, at, wall, s, v, region) SELECT id, concat('n', id), id * 1.5, id, timestamp'2024-01-01 12:00:00' + make_interval(0, 0, 0, cast(id AS INT)), timestamp_ntz'2024-01-01 12:00:00', named_struct('a', cast(id AS INT), 'b', 'x'), parse_json(concat('{\"k\":', id, '}')), concat('r', id % 3) FROM range(60)",
		"ALTER TABLE $t ALTER COLUMN n TYPE BIGINT",
		"ALTER TABLE $t RENAME COLUMN s.a TO alpha",
		"ALTER TABLE $t ADD COLUMN (extra STRING)",
		"DELETE FROM $t WHERE id % 10 = 0",
		"UPDATE $t SET name = 'changed', extra = 'e' WHERE id % 7 = 1",
	},
}
