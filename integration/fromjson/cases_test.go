//go:build integration

package fromjson

import (
	"path/filepath"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/stream/format/json/jsontest"
)

// The cases in testdata say what Spark gives. Here Spark is asked.
func TestSparkReadsTheCasesAsTheySay(t *testing.T) {
	root, err := parts.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := jsontest.Files(filepath.Join(root, "stream", "format", "json", "testdata"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var groups []group
	var wants [][]jsontest.Case
	at := map[string]int{}
	for _, file := range files {
		cases, err := jsontest.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			g, ok := at[c.Schema]
			if !ok {
				g = len(groups)
				at[c.Schema] = g
				groups, wants = append(groups, group{Schema: c.Schema}), append(wants, nil)
			}
			groups[g].Records = append(groups[g].Records, c.Record())
			wants[g] = append(wants[g], c)
		}
	}
	for g, answers := range spark(t, groups) {
		for i, got := range answers {
			want := wants[g][i].WantSpark()
			told := answer{cells: want.Cells}
			if want.Malformed {
				told.reason = "malformed"
			}
			if !want.Varies && !got.equal(told) {
				t.Errorf("%s of %s: Spark gives %q %s, the case says %q %s",
					groups[g].Records[i], groups[g].Schema, got.cells, got.reason, told.cells, told.reason)
			}
		}
	}
}
