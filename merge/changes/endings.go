package changes

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table"
)

// endColumn is what tombstones have more where each version of a row is kept: the time of the deletion, as text of Arrow. All deletions of a key count there, not
// only the last: a version that comes late ends at the first after it.
const endColumn = "end_at"

// ending is a deletion that is remembered.
type ending struct {
	seq []byte
	at  string
}

// learnEnding takes one in.
func (g *graves) learnEnding(key, seq []byte, at string) {
	e := ending{bytes.Clone(seq), at}
	same := func(o ending) bool { return bytes.Equal(o.seq, seq) }
	if key == nil {
		if !slices.ContainsFunc(g.swept, same) {
			g.swept = append(g.swept, e)
		}
		return
	}
	if g.ended == nil || slices.ContainsFunc(g.ended[string(key)], same) {
		return
	}
	n := int64(len(key) + len(seq) + len(at) + 96)
	if !g.memory.Take(n) {
		g.forget()
		return
	}
	g.size += n
	g.ended[string(key)] = append(g.ended[string(key)], e)
}

// endings gives the deletions of keys that are remembered.
func (g *graves) endings(ctx context.Context, asked map[string]*line, do func(*line, ending)) error {
	if g.t == nil || len(asked) == 0 {
		return nil
	}
	if g.ended != nil {
		for key, l := range asked {
			for _, e := range g.ended[key] {
				do(l, e)
			}
		}
		return nil
	}
	for rec, err := range g.t.Scan(ctx, table.ScanOptions{Columns: []string{"key", "sequence", endColumn}}) {
		if err != nil {
			return fmt.Errorf("tombstones: %w", err)
		}
		err = eachEnding(rec, func(key, seq []byte, at string) {
			if l := asked[string(key)]; l != nil && key != nil {
				do(l, ending{bytes.Clone(seq), at})
			}
		})
		rec.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// eachEnding calls do for each tombstone.
func eachEnding(rec arrow.RecordBatch, do func(key, seq []byte, at string)) error {
	i := rec.Schema().FieldIndices(endColumn)
	if len(i) == 0 {
		return fmt.Errorf("tombstones: they are those of a table of scd_type 1, without times: delete their folder, which forgets these deletions")
	}
	keys, seqs, ends := rec.Column(0).(*array.Binary), rec.Column(1).(*array.Binary), rec.Column(i[0]).(*array.String)
	for i := range int(rec.NumRows()) {
		do(bytesAt(keys, i), seqs.Value(i), ends.Value(i))
	}
	return nil
}
