//go:build integration

package features

// tableTables are of the features that a table has as a whole, and of commands that make tables or change what they are.
var tableTables = []written{
	{name: "V2 checkpoints", steps: checkpointed("delta.checkpointPolicy=v2", "delta.checkpointInterval=2"), onTop: checkpointedOnTop},
	{
		name:  "classic checkpoints and a log compaction file",
		steps: append(checkpointed("delta.checkpointInterval=4"), oursOnly("checkpoint", "$t", "--log-compaction", "1:3"), oursOnly("checkpoint", "$t", "--log-compaction", "4:5")),
		onTop: checkpointedOnTop,
	},
	{
		name: "clustering",
		steps: []step{
			{"create", []string{"create", "$t", "--schema", "id BIGINT, name STRING, day DATE", "--cluster-by", "id,day"}, "CREATE TABLE $t (id BIGINT, name STRING, day DATE) USING delta CLUSTER BY (id, day)"},
			insert("SELECT CAST(1 AS BIGINT) AS id, 'x' AS name, DATE '2024-01-01' AS day"),
			insert("SELECT CAST(2 AS BIGINT) AS id, 'y' AS name, DATE '2024-01-02' AS day"),
			deleted("id = 2"),
			altered("CLUSTER BY (name)", "cluster-by", "name"),
			insert("SELECT CAST(3 AS BIGINT) AS id, 'z' AS name"),
		},
		onTop: []string{"OPTIMIZE $t FULL", "INSERT INTO $t VALUES (4, 'w', null)", "DELETE FROM $t WHERE id = 1"},
		look:  `result = [spark.sql("DESCRIBE DETAIL " + t).collect()[0].clusteringColumns] + [[r.operation, r.operationParameters.get("clusterBy")] for r in spark.sql("DESCRIBE HISTORY " + t).collect() if r.operation == "OPTIMIZE"]`,
	},
	{
		name: "Iceberg compatibility V1",
		steps: []step{
			create("id BIGINT, name STRING", "", "delta.columnMapping.mode=name", "delta.enableIcebergCompatV1=true"),
			insert("SELECT CAST(1 AS BIGINT) AS id, 'x' AS name"), insert("SELECT CAST(2 AS BIGINT) AS id, 'y' AS name"), updated("name = 'u'", "id = 1"),
		},
		onTop: []string{"INSERT INTO $t VALUES (3, 'z')", "DELETE FROM $t WHERE id = 1"},
	},
	{
		name: "Iceberg compatibility V2", blind: map[string]string{"duckdb": nullPartcols},
		steps: []step{
			create("id BIGINT, l ARRAY<INT>, m MAP<STRING, INT>, p STRING", "p", "delta.columnMapping.mode=name", "delta.enableIcebergCompatV2=true"),
			{"append", []string{"append", "$t", "--query", "SELECT id, [1::INT, 2::INT] AS l, MAP {'a': 1::INT} AS m, 'x' AS p FROM range(5) t(id)"}, "INSERT INTO $t SELECT id, array(1, 2), map('a', 1), 'x' FROM range(5)"},
			deleted("id = 2"),
		},
		onTop: []string{"INSERT INTO $t VALUES (7, array(1), map('b', 2), 'y')", "DELETE FROM $t WHERE id = 1"},
	},
	{
		name: "partition columns in files, timestamps without zone, domains and the check of VACUUM", blind: map[string]string{"delta-rs": noVacuum},
		steps: []step{
			create("id BIGINT, wall TIMESTAMP_NTZ, p TIMESTAMP_NTZ", "p", "delta.enableMaterializePartitionColumnsFeature=true", "delta.feature.vacuumProtocolCheck=supported", "delta.feature.domainMetadata=supported"),
			{"append", []string{"append", "$t", "--query", "SELECT 1::BIGINT AS id, TIMESTAMP '2024-05-06 07:08:09.123456' AS wall, TIMESTAMP '1999-12-31 23:59:59.999999' AS p"},
				"INSERT INTO $t VALUES (1, timestamp_ntz'2024-05-06 07:08:09.123456', timestamp_ntz'1999-12-31 23:59:59.999999')"},
			{"append", []string{"append", "$t", "--query", "SELECT 2::BIGINT AS id"}, "INSERT INTO $t VALUES (2, null, null)"},
			updated("wall = timestamp_ntz'2000-01-01 00:00:00'", "id = 2"),
		},
		onTop: []string{"INSERT INTO $t VALUES (3, null, timestamp_ntz'2000-01-01 00:00:00')", "DELETE FROM $t WHERE id = 1"},
		look:  `result = [f.schema.names for f in [spark.read.option("recursiveFileLookup", "true").parquet(f) for f in spark.read.format("delta").load(path).inputFiles()]]`,
	},
	{
		name: "features dropped",
		steps: append(small("delta.enableDeletionVectors=true", "delta.checkpointPolicy=v2", "delta.enableRowTracking=true"),
			oursOnly("alter", "$t", "drop-feature", "deletionVectors"), oursOnly("alter", "$t", "drop-feature", "v2Checkpoint"), oursOnly("alter", "$t", "drop-feature", "rowTracking")),
		onTop: []string{"INSERT INTO $t VALUES (7000, 'x', 1)", "DELETE FROM $t WHERE id = 1"},
	},
	{
		name: "restored",
		steps: append(small("delta.enableDeletionVectors=true"), altered("ADD COLUMN (more INT)", "add-column", "more INT"),
			step{"restore", []string{"restore", "$t", "--version", "2"}, "RESTORE TABLE $t TO VERSION AS OF 2"}, deleted("id = 10"),
			step{"restore", []string{"restore", "$t", "--version", "4"}, "RESTORE TABLE $t TO VERSION AS OF 4"}),
		onTop: []string{"INSERT INTO $t VALUES (7000, 'x', 1, 2)", "DELETE FROM $t WHERE id = 1", "RESTORE TABLE $t TO VERSION AS OF 6"}, look: history,
	},
	{
		name: "converted",
		steps: []step{
			{"lake", nil, `python: spark.range(20).selectExpr("id", "concat('n', id) AS name", "date'2024-01-01' + int(id % 2) AS day", "named_struct('a', id) AS s").coalesce(1).write.partitionBy("day").parquet(path + "/../lake")`},
			{"copy", nil, "python: import os, shutil; lake = os.path.dirname(path) + '/lake'; shutil.copytree(lake, path); shutil.copytree(lake, os.path.dirname(path) + '/mine')"},
			{"convert", []string{"convert", "$t"}, "python: spark.sql(f\"CONVERT TO DELTA parquet.`{path}` PARTITIONED BY (day DATE)\")"},
			deleted("id = 3"), updated("name = 'u'", "id = 4"),
		},
		onTop: []string{"INSERT INTO $t (id, name, day) VALUES (70, 'x', date'2024-01-05')", "DELETE FROM $t WHERE id = 1"},
	},
}
