//go:build integration

package engines

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

func TestOthersReadOurCheckpoints(t *testing.T) {
	for _, stats := range []struct{ json, structs string }{{"true", "false"}, {"false", "true"}, {"true", "true"}, {"false", "false"}} {
		t.Run("json "+stats.json+" struct "+stats.structs, func(t *testing.T) {
			dir := folder(t)
			forms := checkpointed(t, dir, map[string]string{
				"delta.checkpointInterval": "3", "delta.checkpoint.writeStatsAsJson": stats.json, "delta.checkpoint.writeStatsAsStruct": stats.structs,
			})
			last := int64(len(forms) - 1)
			agree(t, "between checkpoints", dir, forms[4], parts.AtVersion(4))
			for v := range 6 {
				if err := os.Remove(filepath.Join(dir, "_delta_log", fmt.Sprintf("%020d.json", v))); err != nil {
					t.Fatal(err)
				}
			}
			agree(t, "no commits before the checkpoint", dir, forms[last])
			if err := os.Remove(filepath.Join(dir, "_delta_log", "_last_checkpoint")); err != nil {
				t.Fatal(err)
			}
			agree(t, "the checkpoint alone, no hint", dir, forms[6], parts.AtVersion(6))
		})
	}
}

// checkpointed makes a table with checkpoints of versions 3 and 6, and commits up to 8; it gives the rows of each version.
func checkpointed(t *testing.T, dir string, properties map[string]string) []parts.Rows {
	t.Helper()
	columns := "part STRING, pday DATE, pd DOUBLE, " + everyType
	s := arrowSchema(t, columns)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), PartitionBy: []string{"part", "pday", "pd"}, Properties: properties})
	forms := []parts.Rows{parts.Canon(s)}
	r := rand.New(rand.NewPCG(7, 8))
	for range 8 {
		batch := randomRows(r, s, 25)
		add(t, tab, table.AppendOptions{}, batch)
		forms = append(forms, joined(forms[len(forms)-1], emptyIsNull(parts.Canon(s, batch), "part")))
		batch.Release()
	}
	for _, v := range []int{3, 6} {
		if _, err := os.Stat(filepath.Join(dir, "_delta_log", fmt.Sprintf("%020d.checkpoint.parquet", v))); err != nil {
			t.Fatal(err)
		}
	}
	return forms
}
