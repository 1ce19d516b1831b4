package table

import (
	"errors"
	"slices"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

func TestACommitCanBeScannedForWhatItAdded(t *testing.T) {
	tab := create(t, "id BIGINT")
	for _, rows := range []string{`[{"id":1},{"id":2}]`, `[{"id":3}]`} {
		add(t, tab, "id BIGINT", rows)
	}
	for version, want := range map[int64][]string{0: nil, 1: {`id=1;`, `id=2;`}, 2: {`id=3;`}} {
		got, err := collect(tab.ScanCommit(t.Context(), version, ScanOptions{}))
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("version %d added %v, want %v", version, got, want)
		}
	}
	if _, err := collect(tab.ScanCommit(t.Context(), 3, ScanOptions{})); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("a version that is not there: %v", err)
	}
}
