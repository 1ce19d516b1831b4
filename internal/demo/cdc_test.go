package demo

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/shopdb"
)

func options(t *testing.T) Options {
	return Options{Events: 4000, Table: t.TempDir(), Partitions: 3, Seed: 1, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Name: "demo",
		Logger: slog.New(slog.DiscardHandler)}
}

func TestTheTablesOfTheLakeAreThoseOfTheDatabase(t *testing.T) {
	o := options(t)
	r, err := RunCDC(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Tables) != 2 || r.Events != o.Events || r.Refused != 0 || r.Changes.Deletes == 0 || r.Changes.KeyChanges == 0 {
		t.Fatalf("%+v", r)
	}
	for _, c := range r.Tables {
		if c.Differing != 0 || c.Lake != c.Database || c.Lake < 50 || !strings.HasPrefix(c.Table, "public.") {
			t.Errorf("%+v", c)
		}
	}
	_, err = RunCDC(t.Context(), o)
	if exists, ok := errors.AsType[*ExistsError](err); !ok || exists.Table != o.TableOf("customers") {
		t.Error("another database was written to the same tables")
	}
}

// The 2000th change of this seed would be the first half of a change of a key.
func TestTheEndIsNotWithinAChangeOfAKey(t *testing.T) {
	o := options(t)
	o.Seed, o.Events = 868285045444249736, 2000
	r, err := RunCDC(t.Context(), o)
	if err != nil || len(r.Tables) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, c := range r.Tables {
		if c.Differing != 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestStoppingEndsWithoutAComparison(t *testing.T) {
	o, stopping := options(t), make(chan struct{})
	close(stopping)
	o.Stopping, o.Events = stopping, 100_000
	if r, err := RunCDC(t.Context(), o); err != nil || r.Tables != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

// changed is rows with another text in the first one's column at k.
func changed(rows arrow.RecordBatch, k int) arrow.RecordBatch {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.Append("changed")
	for i := 1; i < int(rows.NumRows()); i++ {
		b.Append(rows.Column(k).(*array.String).Value(i))
	}
	columns := slices.Clone(rows.Columns())
	columns[k] = b.NewArray()
	return array.NewRecordBatch(rows.Schema(), columns, rows.NumRows())
}

func TestRowsThatDifferAreCounted(t *testing.T) {
	o := options(t)
	if _, err := RunCDC(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	db := shopdb.New(o.Seed, o.Start, "shop")
	for range o.Events {
		db.Next(nil)
	}
	rows := db.Rows("orders")
	lake, err := service.Tables{Logger: o.Logger}.Open(t.Context(), o.TableOf("orders"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name     string
		database arrow.RecordBatch
		want     int64
		example  string
	}{
		{"equal", rows, 0, ""},
		{"the lake has three more", rows.NewSlice(3, rows.NumRows()), 3, `in the database ""`},
		{"one value differs", changed(rows, 2), 1, `\"changed\"`},
	} {
		c, err := compare(t.Context(), tc.database, lake)
		if err != nil || c.Differing != tc.want || !strings.Contains(c.Example, tc.example) || c.Database != tc.database.NumRows() {
			t.Errorf("%s: %+v, %v", tc.name, c, err)
		}
	}
	customers := db.Rows("customers")
	if _, err := compare(t.Context(), customers, lake); err == nil || !strings.Contains(err.Error(), "its columns are id int64, customer_id int64") {
		t.Error(err)
	}
	if _, err := dml.Delete(t.Context(), lake, nil, dml.Options{}); err != nil {
		t.Fatal(err)
	}
	c, err := compare(t.Context(), rows, lake)
	if err != nil || c.Differing != rows.NumRows() || c.Lake != 0 || !strings.Contains(c.Example, "is not there") {
		t.Errorf("%+v, %v", c, err)
	}
}
