package crashtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// mostNamed is how many wrong rows an error names.
const mostNamed = 10

// checkEvents scans the table for every event.
func (t Table) checkEvents(ctx context.Context) error {
	want := map[string]int{}
	for name, p := range t.Ledger.Partitions {
		for _, r := range p.Records {
			if r.ID == "" {
				continue
			}
			if want[r.ID]++; want[r.ID] > 1 {
				return fmt.Errorf("the topic itself has event %s twice, the second time at %s@%d", r.ID, name, r.Offset)
			}
		}
	}
	return compare(want, func(see func(string)) error {
		return scan(ctx, t.Rows, []string{"event_id"}, func(rec arrow.RecordBatch) {
			ids := rec.Column(0).(*array.String)
			for i := range ids.Len() {
				see(ids.Value(i))
			}
		})
	})
}

// checkDeadLetters scans the table of dead letters for every record that is no event.
func (t Table) checkDeadLetters(ctx context.Context) error {
	want := map[string]int{}
	for name, p := range t.Ledger.Partitions {
		for _, r := range p.Records {
			if r.ID == "" {
				want[fmt.Sprintf("%s@%d", name, r.Offset)] = 1
			}
		}
	}
	return compare(want, func(see func(string)) error {
		return scan(ctx, t.DeadLetters, []string{"topic", "partition", "offset"}, func(rec arrow.RecordBatch) {
			topics, partitions, offsets := rec.Column(0).(*array.String), rec.Column(1).(*array.Int32), rec.Column(2).(*array.Int64)
			for i := range topics.Len() {
				see(fmt.Sprintf("%s@%d", PartitionName(topics.Value(i), partitions.Value(i)), offsets.Value(i)))
			}
		})
	})
}

func scan(ctx context.Context, store objstore.Store, columns []string, each func(arrow.RecordBatch)) error {
	t, err := table.Open(ctx, store)
	if err != nil {
		return err
	}
	for rec, err := range t.Scan(ctx, table.ScanOptions{Columns: columns}) {
		if err != nil {
			return err
		}
		each(rec)
		rec.Release()
	}
	return nil
}

// compare says how what is seen differs from want, as multisets.
func compare(want map[string]int, look func(see func(string)) error) error {
	missing := maps.Clone(want)
	var unknown []string
	if err := look(func(s string) {
		if _, ok := want[s]; !ok {
			unknown = append(unknown, s)
		}
		missing[s]--
	}); err != nil {
		return err
	}
	var lost, twice []string
	for s, n := range missing {
		switch {
		case n > 0:
			lost = append(lost, s)
		case n < 0 && want[s] > 0:
			twice = append(twice, s)
		}
	}
	return errors.Join(few("missing", lost), few("more than once", twice), few("never produced", unknown))
}

func few(what string, all []string) error {
	if len(all) == 0 {
		return nil
	}
	slices.Sort(all)
	return fmt.Errorf("%d %s: %q", len(all), what, all[:min(len(all), mostNamed)])
}
