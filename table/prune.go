package table

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// fileBounds shows what the log knows of a data file. It implements predicate.Bounds.
type fileBounds struct {
	constants map[string]predicate.Value // by partition column
	stats     *stats.File
}

// NumRecords implements predicate.Bounds.
func (b fileBounds) NumRecords() int64 {
	if b.stats == nil {
		return -1
	}
	return b.stats.NumRecords
}

// Column implements predicate.Bounds.
func (b fileBounds) Column(path []string) predicate.ColumnBounds {
	if len(path) == 1 {
		if v, ok := b.constants[path[0]]; ok {
			return predicate.PartitionValue(v)
		}
	}
	if b.stats == nil {
		return predicate.Nothing()
	}
	return columnBounds(b.stats, path)
}

// columnBounds is what statistics say of a column. Counts of nulls are only right where bounds are tight: a
// file with deleted rows has at most as many of them.
func columnBounds(f *stats.File, path []string) predicate.ColumnBounds {
	c, ok := f.Column(path...)
	if !ok {
		return predicate.Nothing()
	}
	out := predicate.ColumnBounds{Min: predicateValue(c.Type, c.Min), Max: predicateValue(c.Type, c.Max), NullCount: c.NullCount}
	if f.TightBounds != nil && !*f.TightBounds && c.NullCount != 0 && c.NullCount != f.NumRecords {
		out.NullCount = -1
	}
	return out
}

// predicateValue is a value of package scalar as a literal; the zero Value for nil.
func predicateValue(t schema.Type, v any) predicate.Value {
	switch v := v.(type) {
	case bool:
		return predicate.Bool(v)
	case int64:
		return predicate.Int(v)
	case float64:
		return predicate.Float(v)
	case string:
		return predicate.String(v)
	case []byte:
		return predicate.Binary(v)
	case arrow.Date32:
		return predicate.Date(int32(v))
	case decimal128.Num:
		if d, ok := t.(schema.Decimal); ok {
			return predicate.Decimal(new(big.Int).Set(v.BigInt()), d.Scale)
		}
	case arrow.Timestamp:
		if t == schema.Type(schema.TimestampNTZ) {
			return predicate.TimestampNTZ(int64(v))
		}
		return predicate.Timestamp(int64(v))
	}
	return predicate.Value{}
}

// pruner decides which files a scan skips.
type pruner struct {
	expr      predicate.Expr
	partition []schema.Field
	decoder   *stats.Decoder
}

func newPruner(expr predicate.Expr, table *schema.Struct, m schema.Mapping, partitionBy []schema.Field) *pruner {
	if expr == nil {
		return nil
	}
	columns := predicate.Columns(expr)
	want := func(path []string) bool { return slices.Contains(columns, path[0]) }
	return &pruner{expr: expr, partition: partitionBy, decoder: stats.NewMappedDecoder(table, m, want)}
}

// skips says whether no row of the file can be wanted. Partition values are asked first, so that statistics
// are only decoded for the files of partitions that matter. Statistics that cannot be read skip nothing.
func (p *pruner) skips(add *action.Add) (bool, error) {
	if p == nil {
		return false, nil
	}
	b := fileBounds{constants: make(map[string]predicate.Value, len(p.partition))}
	for _, f := range p.partition {
		v, err := partitionValue(add, f)
		if err != nil {
			return false, err
		}
		b.constants[f.Name] = predicateValue(f.Type, v)
	}
	if predicate.Skips(p.expr, b) {
		return true, nil
	}
	if add.Stats == nil {
		return false, nil
	}
	var err error
	if b.stats, err = p.decoder.Decode(*add.Stats); err != nil {
		return false, nil //nolint:nilerr // a file is read where its statistics say nothing
	}
	return predicate.Skips(p.expr, b), nil
}

// skipsRows says whether no row of a part of a file can be wanted, by the statistics of that part.
func (p *pruner) skipsRows(constants map[string]any, f *stats.File) bool {
	if p == nil {
		return false
	}
	b := fileBounds{constants: make(map[string]predicate.Value, len(p.partition)), stats: f}
	for _, c := range p.partition {
		b.constants[c.Name] = predicateValue(c.Type, constants[c.Name])
	}
	return predicate.Skips(p.expr, b)
}

// partitionValue is the value of a partition column in a file. The log has it under the physical name of the
// column; where there is no column mapping, that is the name itself.
func partitionValue(add *action.Add, f schema.Field) (any, error) {
	text, ok := add.PartitionValues[f.PhysicalName()]
	if !ok {
		text, ok = add.PartitionValues[f.Name]
	}
	if !ok {
		for name, t := range add.PartitionValues {
			if schema.Fold(name) == schema.Fold(f.Name) {
				text = t
			}
		}
	}
	v, err := partition.Parse(f.Type, text)
	if err != nil {
		return nil, fmt.Errorf("data file %s: partition column %s: %w", add.Path, f.Name, err)
	}
	return v, nil
}
