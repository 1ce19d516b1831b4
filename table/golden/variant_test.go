package golden_test

import (
	"path/filepath"
	"testing"

	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/golden"
)

// TestShreddedVariantsAreThoseThatWereWhole reads two tables that Spark made of the same rows, one of them shredded.
func TestShreddedVariantsAreThoseThatWereWhole(t *testing.T) {
	tmp := t.TempDir()
	golden.Unpack(t, "tables/kernel-defaults.tar.zst", tmp)
	var digests []digest
	for _, name := range []string{"spark-variant-checkpoint", "spark-shredded-variant-preview-delta"} {
		store, err := local.New(filepath.Join(tmp, name))
		if err != nil {
			t.Fatal(err)
		}
		tab, err := table.Open(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		var d digest
		scan(t, tab, d.add)
		digests = append(digests, d)
	}
	if digests[0] != digests[1] || digests[0].rows == 0 {
		t.Errorf("%d and %d rows, which differ", digests[0].rows, digests[1].rows)
	}
}
