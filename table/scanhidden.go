package table

import (
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/txlog/schema"
)

// hiddenColumns says which of the columns read from files are hidden ones; -1 for none. Their names are in the properties of the
// table and are physical ones.
type hiddenColumns struct{ ids, versions, sequences, changeTypes int }

// readHidden adds the hidden columns that are asked for to what is read.
func (p *scan) readHidden() {
	add := func(name string, t schema.Type, wanted bool) int {
		if name == "" || !wanted {
			return -1
		}
		p.fromFile.Fields = append(p.fromFile.Fields, schema.Field{Name: name, Type: t, Nullable: true})
		return len(p.fromFile.Fields) - 1
	}
	props := p.snap.Properties()
	ids, versions := props.MaterializedRowIDs()
	p.hidden.ids = add(ids, schema.Long, p.o.RowTracking)
	p.hidden.versions = add(versions, schema.Long, p.o.RowTracking)
	p.hidden.sequences = add(props.SequenceColumn(), schema.Binary, p.o.Sequences)
	p.hidden.changeTypes = add(changeTypeColumn, schema.String, p.o.changeTypes)
}

// hide fills in what is hidden of rows. Row ids and row commit versions are what the file has, else what the log says of the file
// ("Reader Requirements for Row Tracking").
func (f *fileScan) hide(out *FileRows, raw datafile.Rows) {
	if i := f.hidden.sequences; i >= 0 {
		out.Sequences = raw.Rec.Column(i).(*array.Binary)
		out.Sequences.Retain()
	}
	if i := f.hidden.changeTypes; i >= 0 {
		out.changeTypes = raw.Rec.Column(i)
		out.changeTypes.Retain()
	}
	if !f.o.RowTracking {
		return
	}
	column := func(i int) *array.Int64 {
		if i < 0 {
			return nil
		}
		return raw.Rec.Column(i).(*array.Int64)
	}
	n := int(raw.Rec.NumRows())
	ids, versions := f.add.BaseRowID, f.add.DefaultRowCommitVersion
	out.RowIDs = orElse(column(f.hidden.ids), n, ids != nil, func(i int) int64 { return *ids + out.Positions[i] })
	out.RowCommitVersions = orElse(column(f.hidden.versions), n, versions != nil, func(int) int64 { return *versions })
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
