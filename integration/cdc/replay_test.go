//go:build integration

package cdc

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/integration/parts"
)

// A replay is a table as its events tell it. The rules:
//
//   - events count in the order of their LSN, and where that is equal as they came; what was sent twice is so applied twice in
//     a row, and says the same both times
//   - r, c and u make a row what they say, d takes it away, t takes all rows away that are older
//   - a value that is not available stays as it was: in the row, or in the row whose key was changed to this one's
type replay struct {
	columns []column
	rows    map[string]*row // by key, also those that are gone
}

// A row that is gone still has its cells: its key may have changed.
type row struct {
	lsn   int64
	gone  bool
	cells map[string]cell
}

type change struct {
	event
	key, old string // old is the key before, if it was another
}

// replays reads all topics and replays each.
func (w *world) replays() map[string]*replay {
	w.Helper()
	changes := map[string][]change{}
	schemas := reader{}
	repeated := 0
	type partition struct {
		topic string
		id    int32
	}
	last := map[partition]int64{}
	see := func(r *kgo.Record) {
		if r.Value == nil { // a tombstone, which tells Kafka's compaction that there is no row
			return
		}
		c, err := schemas.change(r)
		if err != nil {
			w.Errorf("%s@%d: %v", r.Topic, r.Offset, err)
			return
		}
		at := partition{r.Topic, r.Partition}
		if c.Source.LSN < last[at] {
			repeated++
		}
		last[at] = max(last[at], c.Source.LSN)
		table := strings.TrimPrefix(r.Topic, prefix+".public.")
		changes[table] = append(changes[table], c)
	}
	if err := w.kafka.EachRecord(w.Context(), func(topic string) bool { return strings.HasPrefix(topic, prefix+".public.") }, see); err != nil {
		w.Fatal(err)
	}
	all, events := map[string]*replay{}, 0
	for table, changes := range changes {
		events += len(changes)
		r, err := replayOf(changes)
		if err != nil {
			w.Errorf("table %s: %v", table, err)
			continue
		}
		all[table] = r
	}
	w.Logf("%d events, %d of them sent again or out of the order of the log, %d schemas", events, repeated, len(schemas))
	return all
}

func (r reader) change(record *kgo.Record) (change, error) {
	e, err := r.event(record.Value)
	c := change{event: e}
	if err == nil && record.Key != nil {
		c.key, err = keyOf(record.Key)
	}
	for _, h := range record.Headers {
		if err == nil && h.Key == "__debezium.oldkey" {
			c.old, err = keyOf(h.Value)
		}
	}
	return c, err
}

func replayOf(changes []change) (*replay, error) {
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.Source.LSN, b.Source.LSN) })
	r := &replay{rows: map[string]*row{}}
	for _, c := range changes {
		if err := r.apply(c); err != nil {
			return nil, fmt.Errorf("%s of key %s at %d: %w", c.Op, c.key, c.Source.LSN, err)
		}
	}
	if len(changes) == 0 {
		return r, nil
	}
	for _, f := range changes[len(changes)-1].schema.field("after").Fields {
		typ, err := f.arrowType()
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Field, err)
		}
		r.columns = append(r.columns, column{f.Field, typ})
	}
	return r, nil
}

// apply applies a change that is not older than those before.
func (r *replay) apply(c change) error {
	if c.Op == "t" {
		for _, row := range r.rows {
			row.gone = row.gone || row.lsn < c.Source.LSN
		}
		return nil
	}
	at := r.rows[c.key]
	if at == nil {
		at = &row{gone: true}
		r.rows[c.key] = at
	}
	if c.Op == "d" {
		at.lsn, at.gone = c.Source.LSN, true
		return nil
	}
	if c.Op != "r" && c.Op != "c" && c.Op != "u" {
		return fmt.Errorf("an unknown operation")
	}
	before := at
	if old := r.rows[c.old]; at.gone && old != nil {
		before = old
	}
	cells, err := c.cells(before)
	if err != nil {
		return err
	}
	*at = row{lsn: c.Source.LSN, cells: cells}
	return nil
}

// cells are those of the row after the change.
func (c *change) cells(before *row) (map[string]cell, error) {
	cells := map[string]cell{}
	for _, f := range c.schema.field("after").Fields {
		v := c.After[f.Field]
		if f.unavailable(v) {
			var ok bool
			if cells[f.Field], ok = before.cells[f.Field]; !ok {
				return nil, fmt.Errorf("column %s is not available, and no row had it before", f.Field)
			}
			continue
		}
		value, err := f.value(v)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Field, err)
		}
		cells[f.Field] = value
	}
	return cells, nil
}

// canonical gives the rows that there are the form in which the engines' are compared.
func (r *replay) canonical() (parts.Rows, error) {
	var rows []map[string]cell
	for _, row := range r.rows {
		if !row.gone {
			rows = append(rows, row.cells)
		}
	}
	return canonical(r.columns, rows)
}
