package sql

import (
	"fmt"
	"math"
	"math/big"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	duckdb "github.com/duckdb/duckdb-go-bindings"
	"github.com/google/uuid"
)

// column copies one column of results into Arrow. It knows the layout of DuckDB's flat vectors.
type column struct {
	name     string
	id       duckdb.Type // the type, for an enum or decimal the one it is kept in
	logical  duckdb.Type
	dict     []string // of an enum
	size     int      // of an array
	children []*column

	// of the vector at hand
	data unsafe.Pointer
	mask []byte // nil: all valid
}

// newColumn reads what lt says of the layout. lt stays the caller's.
func newColumn(name string, lt duckdb.LogicalType) *column {
	c := &column{name: name, id: duckdb.GetTypeId(lt)}
	c.logical = c.id
	child := func(name string, lt duckdb.LogicalType) {
		c.children = append(c.children, newColumn(name, lt))
		duckdb.DestroyLogicalType(&lt)
	}
	switch c.id {
	case duckdb.TypeDecimal:
		c.id = duckdb.DecimalInternalType(lt)
	case duckdb.TypeEnum:
		c.id = duckdb.EnumInternalType(lt)
		for i := range duckdb.EnumDictionarySize(lt) {
			c.dict = append(c.dict, duckdb.EnumDictionaryValue(lt, duckdb.IdxT(i)))
		}
	case duckdb.TypeList:
		child(name, duckdb.ListTypeChildType(lt))
	case duckdb.TypeArray:
		c.size = int(duckdb.ArrayTypeArraySize(lt))
		child(name, duckdb.ArrayTypeChildType(lt))
	case duckdb.TypeMap:
		entries := &column{name: name, id: duckdb.TypeStruct, logical: duckdb.TypeStruct}
		key, value := duckdb.MapTypeKeyType(lt), duckdb.MapTypeValueType(lt)
		entries.children = []*column{newColumn(name, key), newColumn(name, value)}
		duckdb.DestroyLogicalType(&key)
		duckdb.DestroyLogicalType(&value)
		c.children = []*column{entries}
	case duckdb.TypeStruct:
		for i := range duckdb.StructTypeChildCount(lt) {
			child(duckdb.StructTypeChildName(lt, i), duckdb.StructTypeChildType(lt, i))
		}
	}
	return c
}

// point makes vec, of n rows, the vector at hand.
func (c *column) point(vec duckdb.Vector, n int) {
	c.data, c.mask = duckdb.VectorGetData(vec), nil
	if m := duckdb.VectorGetValidity(vec); m != nil {
		c.mask = unsafe.Slice((*byte)(m), bitutil.BytesForBits(int64(n)))
	}
	switch c.logical {
	case duckdb.TypeList, duckdb.TypeMap:
		c.children[0].point(duckdb.ListVectorGetChild(vec), int(duckdb.ListVectorGetSize(vec)))
	case duckdb.TypeArray:
		c.children[0].point(duckdb.ArrayVectorGetChild(vec), n*c.size)
	case duckdb.TypeStruct:
		for i, child := range c.children {
			child.point(duckdb.StructVectorGetChild(vec, duckdb.IdxT(i)), n)
		}
	}
}

func (c *column) valid(i int) bool { return c.mask == nil || bitutil.BitIsSet(c.mask, i) }

// at gives the n values from row off on.
func at[T any](c *column, off, n int) []T { return unsafe.Slice((*T)(c.data), off+n)[off:] }

// appendTo appends rows [off, off+n) of the vector at hand to b, the builder of arrowType's type.
func (c *column) appendTo(b array.Builder, off, n int) error {
	b.Reserve(n)
	switch b := b.(type) {
	case *array.BooleanBuilder:
		appendEach(c, b.AppendNull, b.UnsafeAppend, off, n)
	case *array.Int8Builder:
		appendAll(c, b, at[int8](c, off, n), off)
	case *array.Int16Builder:
		if c.id == duckdb.TypeUTinyInt {
			appendEach(c, b.AppendNull, func(v uint8) { b.UnsafeAppend(int16(v)) }, off, n)
			return nil
		}
		appendAll(c, b, at[int16](c, off, n), off)
	case *array.Int32Builder:
		if c.id == duckdb.TypeUSmallInt {
			appendEach(c, b.AppendNull, func(v uint16) { b.UnsafeAppend(int32(v)) }, off, n)
			return nil
		}
		appendAll(c, b, at[int32](c, off, n), off)
	case *array.Int64Builder:
		return c.appendLongs(b, off, n)
	case *array.Float32Builder:
		appendAll(c, b, at[float32](c, off, n), off)
	case *array.Float64Builder:
		appendAll(c, b, at[float64](c, off, n), off)
	case *array.Date32Builder:
		appendAll(c, b, at[arrow.Date32](c, off, n), off)
	case *array.TimestampBuilder:
		return c.appendTimestamps(b, off, n)
	case *array.Decimal128Builder:
		c.appendDecimals(b, off, n)
	case *array.StringBuilder:
		return c.appendText(b, off, n)
	case *array.BinaryBuilder:
		appendStrings(c, b.AppendNull, b.ReserveData, b.UnsafeAppend, off, n)
	case *array.StructBuilder:
		b.AppendValues(c.validities(off, n))
		for i, child := range c.children {
			if err := child.appendTo(b.FieldBuilder(i), off, n); err != nil {
				return err
			}
		}
	case *array.MapBuilder:
		return c.appendLists(b, func(from, len int) error {
			if err := c.children[0].children[0].appendTo(b.KeyBuilder(), from, len); err != nil {
				return err
			}
			return c.children[0].children[1].appendTo(b.ItemBuilder(), from, len)
		}, off, n)
	case *array.ListBuilder:
		return c.appendLists(b, func(from, len int) error {
			return c.children[0].appendTo(b.ValueBuilder(), from, len)
		}, off, n)
	}
	return nil
}

// appendAll appends values whose layout DuckDB and Arrow share.
func appendAll[T any](c *column, b interface{ AppendValues(v []T, valid []bool) }, values []T, off int) {
	if c.mask == nil {
		b.AppendValues(values, nil)
		return
	}
	b.AppendValues(values, c.validities(off, len(values)))
}

func (c *column) validities(off, n int) []bool {
	valid := make([]bool, n)
	for i := range valid {
		valid[i] = c.valid(off + i)
	}
	return valid
}

func appendEach[T any](c *column, null func(), add func(T), off, n int) {
	for i, v := range at[T](c, off, n) {
		if c.valid(off + i) {
			add(v)
		} else {
			null()
		}
	}
}

func (c *column) appendLongs(b *array.Int64Builder, off, n int) error {
	switch c.id {
	case duckdb.TypeUInteger:
		appendEach(c, b.AppendNull, func(v uint32) { b.UnsafeAppend(int64(v)) }, off, n)
	case duckdb.TypeHugeInt:
		var err error
		appendEach(c, b.AppendNull, func(v hugeInt) {
			if long := int64(v.lower); v.upper != long>>63 {
				err = &SQLError{Message: fmt.Sprintf("the value %s in column %q does not fit BIGINT; cast it, for example CAST(%s AS DECIMAL(38, 0))",
					decimal128.New(v.upper, v.lower).ToString(0), c.name, c.name)}
			}
			b.UnsafeAppend(int64(v.lower))
		}, off, n)
		return err
	default:
		appendAll(c, b, at[int64](c, off, n), off)
	}
	return nil
}

func (c *column) appendTimestamps(b *array.TimestampBuilder, off, n int) error {
	mul, div := int64(1), int64(1)
	switch c.id {
	case duckdb.TypeTimestampS:
		mul = 1_000_000
	case duckdb.TypeTimestampMS:
		mul = 1000
	case duckdb.TypeTimestampNS:
		div = 1000
	default:
		appendAll(c, b, at[arrow.Timestamp](c, off, n), off)
		return nil
	}
	var err error
	appendEach(c, b.AppendNull, func(v int64) {
		if v > math.MaxInt64/mul || v < math.MinInt64/mul {
			err = &SQLError{Message: fmt.Sprintf("a timestamp in column %q is out of range", c.name)}
		}
		us := v * mul / div
		if v < 0 && v%div != 0 {
			us--
		}
		b.UnsafeAppend(arrow.Timestamp(us))
	}, off, n)
	return err
}

func (c *column) appendDecimals(b *array.Decimal128Builder, off, n int) {
	switch c.id {
	case duckdb.TypeSmallInt:
		appendEach(c, b.AppendNull, func(v int16) { b.UnsafeAppend(decimal128.FromI64(int64(v))) }, off, n)
	case duckdb.TypeInteger:
		appendEach(c, b.AppendNull, func(v int32) { b.UnsafeAppend(decimal128.FromI64(int64(v))) }, off, n)
	case duckdb.TypeBigInt:
		appendEach(c, b.AppendNull, func(v int64) { b.UnsafeAppend(decimal128.FromI64(v)) }, off, n)
	case duckdb.TypeUBigInt:
		appendEach(c, b.AppendNull, func(v uint64) { b.UnsafeAppend(decimal128.FromU64(v)) }, off, n)
	default:
		appendEach(c, b.AppendNull, func(v hugeInt) { b.UnsafeAppend(decimal128.New(v.upper, v.lower)) }, off, n)
	}
}

func (s *stringT) bytes() []byte {
	if s.length <= inlineLen {
		return s.inline[:s.length]
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.inline[4])), s.length)
}

func appendStrings(c *column, null func(), reserve func(int), add func([]byte), off, n int) {
	values := at[stringT](c, off, n)
	total := 0
	for i := range values {
		if c.valid(off + i) {
			total += int(values[i].length)
		}
	}
	reserve(total)
	for i := range values {
		if c.valid(off + i) {
			add(values[i].bytes())
		} else {
			null()
		}
	}
}

// appendText appends strings, and what has no other place in a Delta table than its text.
func (c *column) appendText(b *array.StringBuilder, off, n int) error {
	switch c.logical {
	case duckdb.TypeEnum:
		switch c.id {
		case duckdb.TypeUTinyInt:
			appendEach(c, b.AppendNull, func(v uint8) { b.Append(c.dict[v]) }, off, n)
		case duckdb.TypeUSmallInt:
			appendEach(c, b.AppendNull, func(v uint16) { b.Append(c.dict[v]) }, off, n)
		default:
			appendEach(c, b.AppendNull, func(v uint32) { b.Append(c.dict[v]) }, off, n)
		}
	case duckdb.TypeUUID:
		appendEach(c, b.AppendNull, func(v hugeInt) { b.Append(uuidText(v)) }, off, n)
	case duckdb.TypeTime:
		appendEach(c, b.AppendNull, func(v int64) { b.Append(clock(v)) }, off, n)
	case duckdb.TypeInterval:
		appendEach(c, b.AppendNull, func(v interval) { b.Append(v.String()) }, off, n)
	default:
		appendStrings(c, b.AppendNull, b.ReserveData, b.UnsafeAppend, off, n)
	}
	return nil
}

func uuidText(v hugeInt) string {
	x := new(big.Int).Lsh(big.NewInt(v.upper), 64)
	x.Or(x, new(big.Int).SetUint64(v.lower))
	x.Add(x, new(big.Int).Lsh(big.NewInt(1), 127)) // the top bit is flipped, so that they sort as integers
	var u uuid.UUID
	x.FillBytes(u[:])
	return u.String()
}

func clock(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("15:04:05.999999")
}

type interval struct {
	months, days int32
	micros       int64
}

func (v interval) String() string {
	return fmt.Sprintf("%d months %d days %g seconds", v.months, v.days, float64(v.micros)/1e6)
}

// lists is a builder of lists or maps.
type lists interface {
	Append(bool)
	AppendNull()
}

// appendLists appends lists; elements appends some of their elements.
func (c *column) appendLists(b lists, elements func(from, n int) error, off, n int) error {
	for i := range n {
		if !c.valid(off + i) {
			b.AppendNull()
			continue
		}
		b.Append(true)
		from, length := (off+i)*c.size, c.size
		if c.logical != duckdb.TypeArray {
			e := at[listEntry](c, off+i, 1)[0]
			from, length = int(e.offset), int(e.length)
		}
		if err := elements(from, length); err != nil {
			return err
		}
	}
	return nil
}
