//go:build integration

package features

import "slices"

// writtenTables are one table for each feature; the engines that do not know it are named with the reason.
var writtenTables = slices.Concat(columnTables, rowTables, tableTables)

// rowTables are of the features that say which rows there are, and were.
var rowTables = []written{
	{name: "deletion vectors", steps: vectors("delta.enableDeletionVectors=true"), onTop: vectorsOnTop, look: history},
	{
		name: "deletion vectors and renames", blind: map[string]string{"duckdb": nullPartcols},
		steps: append(small("delta.enableDeletionVectors=true", "delta.columnMapping.mode=name"),
			altered("RENAME COLUMN name TO id2", "rename-column", "name", "id2"),
			altered("RENAME COLUMN p TO name", "rename-column", "p", "name"),
			deleted("name = 1 AND id % 5 = 0"), updated("id2 = 'renamed'", "id % 13 = 0")),
		onTop: []string{"DELETE FROM $t WHERE id2 = 'renamed'", "UPDATE $t SET id2 = 'x' WHERE id = 30"},
	},
	{name: "change data feed", steps: fed("delta.enableChangeDataFeed=true"), onTop: fedOnTop, look: feed},
	{
		name:  "change data feed with deletion vectors and row tracking",
		steps: fed("delta.enableChangeDataFeed=true", "delta.enableDeletionVectors=true", "delta.enableRowTracking=true"), onTop: fedOnTop, look: feed,
	},
	{
		name: "row tracking",
		steps: []step{
			create("id BIGINT, v STRING", "", "delta.enableRowTracking=true"),
			{"append", []string{"append", "$t", "--query", "SELECT id, 'a' AS v FROM range(6) t(id)"}, "INSERT INTO $t SELECT /*+ COALESCE(1) */ id, 'a' FROM range(6)"},
			{"append", []string{"append", "$t", "--query", "SELECT id, 'b' AS v FROM range(10, 14) t(id)"}, "INSERT INTO $t SELECT /*+ COALESCE(1) */ id, 'b' FROM range(10, 14)"},
			updated("v = 'u'", "id IN (1, 11)"), deleted("id = 2"), updated("v = 'w'", "id = 11"),
		},
		onTop: []string{"UPDATE $t SET v = 'spark' WHERE id = 5", "OPTIMIZE $t", "INSERT INTO $t VALUES (99, 'n')"},
		look:  `result = q("SELECT id, _metadata.row_id, _metadata.row_commit_version FROM $t WHERE id < 99 ORDER BY id"), q("SELECT count(*), count(DISTINCT _metadata.row_id) FROM $t")`,
	},
}

// history is a look at the operations.
const history = `result = [[r.version, r.operation] for r in spark.sql("DESCRIBE HISTORY " + t).collect()]`

// feed is a look at all changes.
const feed = `result = [[str(v) for v in r] for r in spark.sql(f"SELECT id, v, p, _change_type, _commit_version FROM table_changes_by_path('{path}', 0) ORDER BY _commit_version, id, _change_type").collect()]`

func vectors(properties ...string) []step {
	return []step{
		create("id BIGINT, name STRING, p INT", "p", properties...),
		{"append", []string{"append", "$t", "--query", "SELECT id, 'r' || id AS name, (id % 3)::INT AS p FROM range(3000) t(id)"}, "INSERT INTO $t SELECT /*+ COALESCE(1) */ id, concat('r', id), id % 3 FROM range(3000)"},
		deleted("id = 7"),
		deleted("id % 7 = 0"),
		updated("name = 'u'", "id % 11 = 0"),
		deleted("p = 1 AND id < 1000"),
		updated("p = 5", "id = 2000"),
	}
}

// small is the beginning of what vectors do.
func small(properties ...string) []step { return slices.Delete(vectors(properties...), 3, 6) }

var vectorsOnTop = []string{"DELETE FROM $t WHERE id % 17 = 3", "UPDATE $t SET name = 'spark' WHERE id BETWEEN 100 AND 120", "OPTIMIZE $t", "INSERT INTO $t VALUES (9999, 'x', 1)"}

func checkpointed(properties ...string) []step {
	s := []step{create("id BIGINT, p INT", "p", properties...)}
	for _, r := range []string{"range(50)", "range(50, 100)", "range(100, 120)", "range(120, 130)"} {
		s = append(s, step{"append", []string{"append", "$t", "--query", "SELECT id, (id % 5)::INT AS p FROM " + r + " t(id)"}, "INSERT INTO $t SELECT id, id % 5 FROM " + r})
	}
	return append(s, deleted("p = 2"), deleted("id = 51"))
}

var checkpointedOnTop = []string{"INSERT INTO $t VALUES (1000, 1)", "DELETE FROM $t WHERE id = 1"}

func fed(properties ...string) []step {
	return []step{
		create("id BIGINT, v STRING, p INT", "p", properties...),
		{"append", []string{"append", "$t", "--query", "SELECT id, 'v' || id AS v, (id % 2)::INT AS p FROM range(12) t(id)"}, "INSERT INTO $t SELECT /*+ COALESCE(1) */ id, concat('v', id), id % 2 FROM range(12)"},
		updated("v = 'u'", "id IN (1, 2, 3)"),
		deleted("id = 4"),
		deleted("p = 0 AND id > 8"),
		{"replace", []string{"overwrite", "$t", "--replace-where", "id >= 7 AND p = 1", "--query", "SELECT 7::BIGINT AS id, 'seven' AS v, 1::INT AS p"}, "INSERT INTO $t REPLACE WHERE id >= 7 AND p = 1 SELECT 7L, 'seven', 1"},
		{"restore", []string{"restore", "$t", "--version", "3"}, "RESTORE TABLE $t TO VERSION AS OF 3"},
		{"overwrite", []string{"overwrite", "$t", "--query", "SELECT id, 'o' AS v, 1::INT AS p FROM range(3) t(id)"}, "INSERT OVERWRITE $t SELECT id, 'o', 1 FROM range(3)"},
		updated("p = 9", "id = 1"),
	}
}

var fedOnTop = []string{"UPDATE $t SET v = 'w' WHERE id = 2", "DELETE FROM $t WHERE id = 0"}
