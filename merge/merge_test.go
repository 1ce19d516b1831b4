package merge_test

import (
	"errors"
	"testing"

	"github.com/ingestd/ingestd/merge"
)

const upsertUpdate, upsertInsert = "MATCHED THEN UPDATE SET *", "NOT MATCHED THEN INSERT *"

// of is a query of some values.
func of(columns, values string) string {
	return "SELECT * FROM (VALUES " + values + ") x(" + columns + ")"
}

func forBoth(t *testing.T, test func(t *testing.T, props map[string]string)) {
	t.Run("vectors", func(t *testing.T) { test(t, withVectors) })
	t.Run("rewrite", func(t *testing.T) { test(t, nil) })
}

func TestAnUpsertUpdatesWhatIsThereAndInsertsWhatIsNot(t *testing.T) {
	forBoth(t, func(t *testing.T, props map[string]string) {
		tab := create(t, "id BIGINT, v STRING", props)
		insert(t, tab, of("id, v", "(1::BIGINT, 'a'), (2, 'b'), (3, 'c')"))
		r := mustRun(t, tab, of("id, v", "(2::BIGINT, 'B'), (4, 'D')"), statement(t, "t.id = s.id", upsertUpdate, upsertInsert))
		expect(t, tab, `id=1;v="a";`, `id=2;v="B";`, `id=3;v="c";`, `id=4;v="D";`)
		if r.RowsInserted != 1 || r.RowsUpdated != 1 || r.SourceRows != 2 || r.RowsDeleted != 0 {
			t.Fatalf("%+v", r.Metrics)
		}
	})
}

func TestSeveralSourceRowsForOneRowAreAnError(t *testing.T) {
	tab := create(t, "id BIGINT, v STRING", withVectors)
	insert(t, tab, of("id, v", "(1::BIGINT, 'a')"))
	twice := of("id, v", "(1::BIGINT, 'x'), (1, 'y')")
	_, err := run(t, tab, twice, statement(t, "t.id = s.id", upsertUpdate, upsertInsert), options())
	if m := (*merge.MultipleMatchError)(nil); !errors.As(err, &m) {
		t.Fatal(err)
	}
	expect(t, tab, `id=1;v="a";`)
	mustRun(t, tab, twice, statement(t, "t.id = s.id", "MATCHED THEN DELETE"))
	expect(t, tab)
}
