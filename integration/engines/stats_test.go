//go:build integration

package engines

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

// TestStatisticsAreSparks holds the statistics of our files against those that Spark gives a file of the same rows.
func TestStatisticsAreSparks(t *testing.T) {
	const flat = `bool BOOLEAN, tiny TINYINT, small SMALLINT, i INT, big BIGINT, f FLOAT, d DOUBLE, d5 DECIMAL(5,2), d18 DECIMAL(18,18), d38 DECIMAL(38,10),
		text STRING, bytes BINARY, day DATE, instant TIMESTAMP, wall TIMESTAMP_NTZ, s STRUCT<a: INT, b: STRING, c: STRUCT<x: DATE>>, l ARRAY<INT>, m MAP<STRING, INT>`
	columns := "k STRING, " + flat
	s := arrowSchema(t, columns)
	r := rand.New(rand.NewPCG(15, 16))
	dir, copied := folder(t), folder(t)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), PartitionBy: []string{"k"}})
	var batches []arrow.RecordBatch
	for i := range 30 { // one to three rows a file, so that each has bounds of its own
		g := randomRows(r, s, 34)
		n := int64(1 + i%3)
		batch := g.NewSlice(int64(i), int64(i)+n)
		named, err := batch.SetColumn(0, sameText(fmt.Sprint("file ", i), int(n)))
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, named)
	}
	add(t, tab, table.AppendOptions{}, batches...)
	if err := parts.Spark(t).Exec(t.Context(), "spark.read.format('delta').load(dir).coalesce(1).write.format('delta').partitionBy('k').save(copied)",
		map[string]any{"dir": dir, "copied": copied}, nil); err != nil {
		t.Fatal(err)
	}
	ours, theirs := stats(t, dir), stats(t, copied)
	if len(ours) != 30 || len(theirs) != 30 {
		t.Fatalf("%d files of ours, %d of Spark's", len(ours), len(theirs))
	}
	for k := range ours {
		for _, path := range slices.Sorted(keys(ours[k], theirs[k])) {
			a, b := ours[k][path], theirs[k][path]
			if !reflect.DeepEqual(a, b) && !meant(path, a, b) {
				t.Errorf("%s: %s: we write %v, Spark %v", k, path, a, b)
			}
		}
	}
}

func sameText(text string, n int) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for range n {
		b.Append(text)
	}
	return b.NewArray()
}

// meant says whether a statistic may differ from Spark's: where it is the same number spelled otherwise, or where less
// is told, which never skips a file wrongly.
func meant(path string, ours, sparks any) bool {
	bound := strings.HasPrefix(path, "minValues.") || strings.HasPrefix(path, "maxValues.")
	switch a := ours.(type) {
	case nil: // JSON has neither NaN nor infinities; the first and the last day have a year of five digits in some zone
		if b, ok := sparks.(string); bound && ok {
			return b == "NaN" || b == "Infinity" || b == "-Infinity" || strings.HasPrefix(b, "0001-") || strings.HasPrefix(b, "9999-")
		}
	case json.Number: // 1E-18, 4.9E-324, and zeros, which are bounds whatever their sign
		b, ok := sparks.(json.Number)
		return bound && ok && sameNumber(path, a, b)
	case string:
		b, ok := sparks.(string)
		if !ok { // no string of 32 characters is greater: we keep the whole, Spark tells nothing
			return sparks == nil && strings.HasPrefix(path, "maxValues.") && strings.HasPrefix(a, strings.Repeat("\U0010FFFF", 32))
		}
		// Spark cuts to 32 units of UTF-16 and we to 32 characters, which are more where some take two units.
		cut := strings.TrimSuffix(b, "\U0010FFFF")
		return bound && len(utf16.Encode([]rune(cut))) >= 31 && utf8.RuneCountInString(cut) < 32 && strings.HasPrefix(a, cut)
	}
	return false
}

func sameNumber(path string, a, b json.Number) bool {
	size := 64
	if strings.HasSuffix(path, ".f") {
		size = 32
	}
	x, xerr := strconv.ParseFloat(a.String(), size)
	y, yerr := strconv.ParseFloat(b.String(), size)
	if strings.Contains(path, ".d") && !strings.HasSuffix(path, ".d") { // decimals
		p, pok := new(big.Rat).SetString(a.String())
		q, qok := new(big.Rat).SetString(b.String())
		return pok && qok && p.Cmp(q) == 0
	}
	return xerr == nil && yerr == nil && x == y
}

func keys(maps ...map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for k := range m {
				if !seen[k] && !yield(k) {
					return
				}
				seen[k] = true
			}
		}
	}
}

// stats are the statistics of the files of a table partitioned by k, by the value of k and dotted path.
func stats(t *testing.T, dir string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for f, err := range open(t, dir).Files(t.Context()) {
		if err != nil || f.Stats == nil {
			t.Fatal(f, err)
		}
		d := json.NewDecoder(strings.NewReader(*f.Stats))
		d.UseNumber()
		var tree map[string]any
		if err := d.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		flat := map[string]any{}
		flatten(flat, "", tree)
		out[*f.PartitionValues["k"]] = flat
	}
	return out
}

func flatten(out map[string]any, path string, tree map[string]any) {
	for k, v := range tree {
		if m, ok := v.(map[string]any); ok {
			flatten(out, path+k+".", m)
			continue
		}
		out[path+k] = v
	}
}
