package merge_test

import (
	"maps"
	"slices"
	"testing"
)

// The names are those of DeltaOperations.Merge and DeltaOperationMetrics.MERGE of Delta's own implementation.
func TestTheHistoryTellsOfAMergeAsSparkDoes(t *testing.T) {
	tab := create(t, "id BIGINT, v STRING", withVectors)
	insert(t, tab, of("id, v", "(1::BIGINT, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"))
	r := mustRun(t, tab, of("id, v", "(1::BIGINT, 'x'), (2, 'y'), (9, 'n')"), statement(t, "t.id = s.id", "MATCHED AND s.id = 1 THEN DELETE",
		"MATCHED THEN UPDATE SET *", upsertInsert, "NOT MATCHED BY SOURCE AND id = 4 THEN DELETE", "NOT MATCHED BY SOURCE THEN UPDATE SET v = 'C'"))
	for e, err := range open(t, tab.Store()).History(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"predicate":                    `["t.id = s.id"]`,
			"matchedPredicates":            `[{"predicate":"s.id = 1","actionType":"delete"},{"actionType":"update"}]`,
			"notMatchedPredicates":         `[{"actionType":"insert"}]`,
			"notMatchedBySourcePredicates": `[{"predicate":"id = 4","actionType":"delete"},{"actionType":"update"}]`,
		}
		if e.Operation != "MERGE" || !maps.Equal(e.OperationParameters, want) {
			t.Fatalf("%s %q", e.Operation, e.OperationParameters)
		}
		names := []string{
			"executionTimeMs", "materializeSourceTimeMs", "numOutputRows", "numSourceRows", "numTargetBytesAdded", "numTargetBytesRemoved", "numTargetChangeFilesAdded",
			"numTargetDeletionVectorsAdded", "numTargetDeletionVectorsRemoved", "numTargetDeletionVectorsUpdated", "numTargetFilesAdded", "numTargetFilesRemoved",
			"numTargetRowsCopied", "numTargetRowsDeleted", "numTargetRowsInserted", "numTargetRowsMatchedDeleted", "numTargetRowsMatchedUpdated",
			"numTargetRowsNotMatchedBySourceDeleted", "numTargetRowsNotMatchedBySourceUpdated", "numTargetRowsUpdated", "rewriteTimeMs", "scanTimeMs",
		}
		if got := slices.Sorted(maps.Keys(e.OperationMetrics)); !slices.Equal(got, names) {
			t.Fatalf("%q", got)
		}
		for name, n := range map[string]string{"numSourceRows": "3", "numTargetRowsInserted": "1", "numTargetRowsMatchedUpdated": "1", "numTargetRowsMatchedDeleted": "1",
			"numTargetRowsNotMatchedBySourceDeleted": "1", "numTargetRowsNotMatchedBySourceUpdated": "1", "numTargetRowsUpdated": "2", "numTargetRowsDeleted": "2",
			"numTargetRowsCopied": "0", "numOutputRows": "3"} {
			if e.OperationMetrics[name] != n {
				t.Fatalf("%s is %s", name, e.OperationMetrics[name])
			}
		}
	}
	if r.Tries != 1 || r.Version != 2 {
		t.Fatalf("%+v", r)
	}
	// nothing to do is no commit
	if r := mustRun(t, tab, of("id", "(77::BIGINT)"), statement(t, "t.id = s.id", "MATCHED THEN DELETE")); r.Attempts != 0 || r.Version != 2 {
		t.Fatalf("%+v", r.Committed)
	}
}
