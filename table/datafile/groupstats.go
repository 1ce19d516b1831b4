package datafile

import (
	"encoding/binary"
	"math"
	"math/big"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	pq "github.com/apache/arrow-go/v18/parquet"
	parquet "github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/parquet-go/parquet-go/format"

	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// rowGroupStats gives what the footer says of a row group, for the wanted columns and fields of
// structs whose type in the file is the table's, under the table's names. What is in doubt is left out.
func (r *Reader) rowGroupStats(want *schema.Struct, m schema.Mapping, g int) *stats.File {
	rg := &r.meta.RowGroups[g]
	f := &stats.File{NumRecords: rg.NumRows}
	elements := r.leafElements()
	r.flatFields(r.arrow.Schema.Root(), want, m, nil, func(path []string, t schema.Type, leaf int) {
		c := stats.Column{Path: path, Type: t, NullCount: -1}
		s := &rg.Columns[leaf].MetaData.Statistics
		if s.NullCount > 0 || s.MinValue != nil || s.MaxValue != nil { // a zero cannot be told from none
			c.NullCount = s.NullCount
		}
		c.Min, c.Max = boundOf(t, elements[leaf], s.MinValue), boundOf(t, elements[leaf], s.MaxValue)
		if c.NullCount >= 0 || c.Min != nil || c.Max != nil {
			f.Columns = append(f.Columns, c)
		}
	})
	return f
}

// flatFields visits the flat fields of the table that the file has, through structs only, each with its leaf.
func (r *Reader) flatFields(g *parquet.GroupNode, want *schema.Struct, m schema.Mapping, above []string, visit func(path []string, t schema.Type, leaf int)) {
	for i := range want.Fields {
		f := &want.Fields[i]
		at := fieldOf(g, f, m)
		if at < 0 {
			continue
		}
		path := append(above[:len(above):len(above)], f.Name)
		inner, isStruct := f.Type.(*schema.Struct)
		switch n := g.Field(at).(type) {
		case *parquet.GroupNode:
			if isStruct && n.RepetitionType() != pq.Repetitions.Repeated {
				r.flatFields(n, inner, m, path, visit)
			}
		case *parquet.PrimitiveNode:
			leaf := r.arrow.Schema.ColumnIndexByNode(n)
			flat := stats.HasBounds(f.Type) || f.Type == schema.Boolean || f.Type == schema.Binary
			if leaf >= 0 && flat && n.RepetitionType() != pq.Repetitions.Repeated {
				visit(path, f.Type, leaf)
			}
		}
	}
}

func (r *Reader) leafElements() []*format.SchemaElement {
	var leaves []*format.SchemaElement
	for i := range r.meta.Schema {
		if e := &r.meta.Schema[i]; i > 0 && e.NumChildren.V == 0 {
			leaves = append(leaves, e)
		}
	}
	return leaves
}

// boundOf decodes a PLAIN value where the file holds the column just as the table has it.
func boundOf(t schema.Type, e *format.SchemaElement, v []byte) any {
	if v == nil || !stats.HasBounds(t) {
		return nil
	}
	if d, ok := t.(schema.Decimal); ok {
		if int(e.Scale.V) != d.Scale || !e.Precision.Valid {
			return nil
		}
		return decimalBound(e.Type.V, v)
	}
	switch {
	case t == schema.String && e.Type.V == format.ByteArray:
		return string(v)
	case e.Precision.Valid:
		return nil
	case e.Type.V == format.Int32 && len(v) == 4 && (t == schema.Integer || t == schema.Short || t == schema.Byte || t == schema.Long):
		if unsigned(e) {
			return nil
		}
		return int64(int32(binary.LittleEndian.Uint32(v)))
	case e.Type.V == format.Int32 && len(v) == 4 && t == schema.Date:
		return arrow.Date32(int32(binary.LittleEndian.Uint32(v)))
	case e.Type.V == format.Int64 && len(v) == 8 && t == schema.Long:
		if unsigned(e) {
			return nil
		}
		return int64(binary.LittleEndian.Uint64(v))
	case e.Type.V == format.Int64 && len(v) == 8 && (t == schema.Timestamp || t == schema.TimestampNTZ):
		return timestampBound(e, int64(binary.LittleEndian.Uint64(v)))
	case e.Type.V == format.Float && len(v) == 4 && (t == schema.Float || t == schema.Double):
		return floatBound(float64(math.Float32frombits(binary.LittleEndian.Uint32(v))))
	case e.Type.V == format.Double && len(v) == 8 && t == schema.Double:
		return floatBound(math.Float64frombits(binary.LittleEndian.Uint64(v)))
	}
	return nil
}

func unsigned(e *format.SchemaElement) bool {
	t, ok := e.LogicalType.Value.(*format.IntType)
	return ok && !t.IsSigned
}

// floatBound trusts no NaN. NaN among the values is not in Parquet's bounds at all.
func floatBound(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return f
}

func timestampBound(e *format.SchemaElement, v int64) any {
	t, ok := e.LogicalType.Value.(*format.TimestampType)
	if !ok {
		return nil
	}
	if _, ok := t.Unit.Value.(*format.MicroSeconds); !ok {
		return nil
	}
	return arrow.Timestamp(v)
}

func decimalBound(t format.Type, v []byte) any {
	switch {
	case t == format.Int32 && len(v) == 4:
		return decimal128.FromI64(int64(int32(binary.LittleEndian.Uint32(v))))
	case t == format.Int64 && len(v) == 8:
		return decimal128.FromI64(int64(binary.LittleEndian.Uint64(v)))
	case t == format.FixedLenByteArray && len(v) > 0 && len(v) <= 16:
		n := new(big.Int).SetBytes(v)
		if v[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
		}
		return decimal128.FromBigInt(n)
	}
	return nil
}
