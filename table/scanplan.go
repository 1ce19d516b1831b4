package table

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// scan is a scan of one snapshot.
type scan struct {
	t       *Table
	snap    *txlog.Snapshot
	o       ScanOptions
	prune   *pruner
	located bool // the positions of rows are wanted

	out       *arrow.Schema // what comes out
	all       *arrow.Schema // that and what only Where reads
	source    []columnSource
	partition []schema.Field // the table's partition columns
	fromFile  *schema.Struct // the columns to read from files
	hidden    hiddenColumns
}

// columnSource says where a column of scan.all comes from.
type columnSource struct {
	partition *schema.Field // a partition column; else
	file      int           // an index of scan.fromFile
}

func (t *Table) newScan(s *txlog.Snapshot, o ScanOptions) (*scan, error) {
	p := &scan{t: t, snap: s, o: o.withDefaults(), fromFile: &schema.Struct{}}
	table, by := s.Schema(), s.Metadata().PartitionColumns
	for _, c := range by {
		f := table.Field(c)
		if f == nil {
			return nil, columnNotFound(table, c)
		}
		p.partition = append(p.partition, *f)
	}
	if o.Where != nil {
		p.prune = newPruner(o.Where.Prune(), table, s.Mapping(), p.partition)
	}
	wanted, err := p.columns(table)
	if err != nil {
		return nil, err
	}
	read := &schema.Struct{}
	for _, f := range wanted {
		read.Fields = append(read.Fields, *f)
		src := columnSource{}
		if i := slices.IndexFunc(p.partition, func(c schema.Field) bool { return c.Name == f.Name }); i >= 0 {
			src.partition = &p.partition[i]
		} else {
			src.file = len(p.fromFile.Fields)
			p.fromFile.Fields = append(p.fromFile.Fields, *f)
		}
		p.source = append(p.source, src)
	}
	if p.all, err = arrowmap.ToArrow(read); err != nil {
		return nil, err
	}
	p.readHidden()
	n := len(table.Fields)
	if o.Columns != nil {
		n = len(o.Columns)
	}
	p.out = arrow.NewSchema(p.all.Fields()[:n], nil)
	return p, nil
}

// columns are the columns to produce, followed by those that only Where reads.
func (p *scan) columns(table *schema.Struct) ([]*schema.Field, error) {
	names := p.o.Columns
	if names == nil {
		names = table.Names()
	}
	var fields []*schema.Field
	for _, n := range names {
		f := table.Field(n)
		if f == nil {
			return nil, columnNotFound(table, n)
		}
		fields = append(fields, f)
	}
	if p.o.Where == nil {
		return fields, nil
	}
	for _, n := range p.o.Where.Columns() {
		f := table.Field(n)
		if f == nil {
			return nil, columnNotFound(table, n)
		}
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	return fields, nil
}

// constants are the values of the partition columns in a file, by name.
func (p *scan) constants(add *action.Add) (map[string]any, error) {
	values := make(map[string]any, len(p.partition))
	for _, f := range p.partition {
		v, err := partitionValue(add, f)
		if err != nil {
			return nil, err
		}
		values[f.Name] = v
	}
	return values, nil
}

// assemble makes a batch of scan.all of n rows of what was read from a file and the partition values.
func (p *scan) assemble(file arrow.RecordBatch, n int64, constants map[string]any) (arrow.RecordBatch, error) {
	cols := make([]arrow.Array, 0, len(p.source))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, src := range p.source {
		if src.partition == nil {
			c := file.Column(src.file)
			c.Retain()
			cols = append(cols, c)
			continue
		}
		c, err := scalar.Repeat(src.partition.Type, constants[src.partition.Name], int(n))
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	return array.NewRecordBatch(p.all, cols, n), nil
}
