package table

import (
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// tracking says which of the columns read from files are the materialised row ids and row commit versions; -1 for
// none. Their names are in the properties of the table and are physical ones.
type tracking struct{ ids, versions int }

// trackRows adds the materialised columns to what is read.
func (p *scan) trackRows() {
	p.tracking = tracking{-1, -1}
	if !p.o.RowTracking {
		return
	}
	add := func(prop string) int {
		name, ok := p.snap.Properties().Get(prop)
		if !ok || name == "" {
			return -1
		}
		p.fromFile.Fields = append(p.fromFile.Fields, schema.Field{Name: name, Type: schema.Long, Nullable: true})
		return len(p.fromFile.Fields) - 1
	}
	p.tracking = tracking{add(txlog.PropRowIDColumn), add(txlog.PropRowVersionColumn)}
}

// track fills in row ids and row commit versions of rows: what the file has, else what the log says of the file
// ("Reader Requirements for Row Tracking").
func (f *fileScan) track(out *FileRows, raw datafile.Rows) error {
	if !f.o.RowTracking {
		return nil
	}
	column := func(i int) *array.Int64 {
		if i < 0 {
			return nil
		}
		return raw.Rec.Column(i).(*array.Int64)
	}
	n := int(raw.Rec.NumRows())
	ids, versions := f.add.BaseRowID, f.add.DefaultRowCommitVersion
	out.RowIDs = orElse(column(f.tracking.ids), n, ids != nil, func(i int) int64 { return *ids + out.Positions[i] })
	out.RowCommitVersions = orElse(column(f.tracking.versions), n, versions != nil, func(int) int64 { return *versions })
	return nil
}

// orElse is a column of n values with other values, where there are, in place of its nulls.
func orElse(column *array.Int64, n int, has bool, other func(int) int64) *array.Int64 {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(n)
	for i := range n {
		switch {
		case column != nil && column.IsValid(i):
			b.UnsafeAppend(column.Value(i))
		case has:
			b.UnsafeAppend(other(i))
		default:
			b.UnsafeAppendBoolToBitmap(false)
		}
	}
	return b.NewInt64Array()
}
