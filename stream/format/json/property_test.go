package json_test

import (
	"bytes"
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog/schema"
)

// decodeCut decodes recs with one task, as many at a time as cut says, and gives rows and reasons.
func decodeCut(t interface{ Fatal(...any) }, d *json.Decoder, recs records, cut func() int) (rows, reasons []string) {
	task := d.NewTask()
	defer task.Close()
	for len(recs) > 0 {
		n := min(cut(), len(recs))
		part := make(records, n) // the decoder must not hold on to a chunk
		for i, r := range recs[:n] {
			part[i] = r
			part[i].Value = bytes.Clone(r.Value)
		}
		batch, rejected, err := task.Decode(part)
		if err != nil {
			t.Fatal(err)
		}
		for i := range part {
			for k := range part[i].Value {
				part[i].Value[k] = 'x'
			}
		}
		rows = append(rows, arrowtest.Rows(batch)...)
		for _, r := range rejected {
			reasons = append(reasons, r.Reason)
		}
		batch.Release()
		recs = recs[n:]
	}
	return rows, reasons
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := stringKeys(arrowtest.Schema(r, 6, 3)).(*schema.Struct)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		batch := arrowtest.Batch(r, as, 1+r.Intn(60))
		defer batch.Release()
		w := &renderer{r: r}
		var recs records
		var want []string
		for i, row := range arrowtest.Rows(batch) {
			value := w.row(batch, i)
			if !w.twice {
				recs, want = append(recs, stream.Record{Value: value}), append(want, row)
			}
		}
		d, err := json.New(json.Options{Schema: s})
		if err != nil {
			t.Fatal(err)
		}
		got, reasons := decodeCut(t, d, recs, func() int { return 1 + r.Intn(40) })
		if len(reasons) > 0 {
			t.Fatalf("%s: %q\n%s", s, reasons, recs[0].Value)
		}
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("%s:\n%s\ngot  %s\nwant %s", s, recs[i].Value, got[i], want[i])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows of %d records", len(got), len(want))
		}
	})
}

func TestRowsDoNotDependOnHowChunksAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		d, err := json.New(json.Options{Schema: mutants.schema, OnError: json.Rescue})
		if err != nil {
			t.Fatal(err)
		}
		var recs records
		for range r.Intn(300) {
			recs = append(recs, stream.Record{Value: mutants.record(r, 2)})
		}
		all, reasons := decodeCut(t, d, recs, func() int { return len(recs) })
		cut, reasonsCut := decodeCut(t, d, recs, func() int { return 1 + r.Intn(50) })
		if !slices.Equal(all, cut) || !slices.Equal(reasons, reasonsCut) {
			t.Fatalf("whole: %q %q\ncut: %q %q", all, reasons, cut, reasonsCut)
		}
	})
}
