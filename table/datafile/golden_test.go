package datafile_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/golden"
	"github.com/ingestd/ingestd/txlog/schema"
)

// sparkTable is the little of a table's log that the test needs.
type sparkTable struct {
	schema *schema.Struct // in physical names
	adds   []struct{ Path, Stats string }
}

func readLog(t *testing.T, dir string) sparkTable {
	t.Helper()
	var table sparkTable
	commits, err := filepath.Glob(filepath.Join(dir, "_delta_log", "*.json"))
	if err != nil || len(commits) == 0 {
		t.Fatalf("no commits in %s: %v", dir, err)
	}
	for _, c := range commits {
		data, err := os.ReadFile(c)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		for lines.Scan() {
			var line struct {
				MetaData *struct{ SchemaString string }
				Add      *struct{ Path, Stats string }
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line.MetaData != nil {
				logical, err := schema.Parse(line.MetaData.SchemaString)
				if err != nil {
					t.Fatal(err)
				}
				table.schema = physical(t, logical)
			}
			if line.Add != nil {
				table.adds = append(table.adds, *line.Add)
			}
		}
	}
	return table
}

// physical gives fields the names that a table with column mapping has in its files.
func physical(t *testing.T, s *schema.Struct) *schema.Struct {
	t.Helper()
	out := &schema.Struct{}
	for _, f := range s.Fields {
		if raw, ok := f.Metadata["delta.columnMapping.physicalName"]; ok {
			if err := json.Unmarshal(raw, &f.Name); err != nil {
				t.Fatal(err)
			}
		}
		if inner, ok := f.Type.(*schema.Struct); ok {
			f.Type = physical(t, inner)
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func TestStatisticsAreThoseOfSpark(t *testing.T) {
	dir := t.TempDir()
	golden.Unpack(t, "tables/kernel-data.tar.zst", dir)
	dir = filepath.Join(dir, "stats-writing-all-types", "delta")
	table := readLog(t, dir)
	for _, add := range table.adds {
		data, err := os.ReadFile(filepath.Join(dir, add.Path))
		if err != nil {
			t.Fatal(err)
		}
		r, err := datafile.OpenReaderAt(t.Context(), bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		var recs []arrow.RecordBatch
		for rec, err := range r.Batches(t.Context(), datafile.ReadOptions{Schema: table.schema}) {
			if err != nil {
				t.Fatal(err)
			}
			recs = append(recs, rec)
		}
		_, result := encode(t, table.schema, datafile.Options{}, recs...)
		var got, want any
		if err := json.Unmarshal([]byte(result.Stats.Encode()), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(add.Stats), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%s\nwant\n%s", result.Stats.Encode(), add.Stats)
		}
	}
}
