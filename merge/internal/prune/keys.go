// Package prune says what statistics and partition values can tell of rows whose key is among many.
package prune

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/merge/internal/match"
	"github.com/ingestd/ingestd/table/predicate"
)

// Up to so many keys files are looked up by each; beyond, by so many ranges of neighbours.
const (
	mostKeys = 100_000
	ranges   = 1024
)

// Among is what statistics can tell of: the column has one of the values of key column i. With nullSafe NULL is one, where it is among them.
func Among(path []string, chunks []*match.Keys, i int, nullSafe bool) predicate.Expr {
	var values []predicate.Value
	nulls := false
	for _, k := range chunks {
		var ok bool
		if values, ok = appendValues(values, k.Column(i)); !ok {
			return predicate.Unknown{}
		}
		nulls = nulls || k.Column(i).NullN() > 0
	}
	if nullSafe && nulls {
		return predicate.Or{predicate.IsNull{Path: path}, among(path, values)}
	}
	return among(path, values)
}

func among(path []string, values []predicate.Value) predicate.Expr {
	if len(values) == 0 {
		return predicate.False
	}
	slices.SortFunc(values, func(a, b predicate.Value) int {
		order, _ := predicate.Compare(a, b)
		return order
	})
	if len(values) <= mostKeys {
		return predicate.NewIn(path, values, false)
	}
	var or predicate.Or
	for n := range ranges {
		first, end := n*len(values)/ranges, (n+1)*len(values)/ranges
		or = append(or, predicate.Between(path, values[first], values[end-1]))
	}
	return or
}

// appendValues adds the values of a column that are not null; false for floating ones, of which statistics tell too little.
func appendValues(to []predicate.Value, a arrow.Array) ([]predicate.Value, bool) {
	var value func(i int) predicate.Value
	switch a := a.(type) {
	case *array.Int64:
		value = func(i int) predicate.Value { return predicate.Int(a.Value(i)) }
	case *array.Int32:
		value = func(i int) predicate.Value { return predicate.Int(int64(a.Value(i))) }
	case *array.Int16:
		value = func(i int) predicate.Value { return predicate.Int(int64(a.Value(i))) }
	case *array.Int8:
		value = func(i int) predicate.Value { return predicate.Int(int64(a.Value(i))) }
	case *array.Boolean:
		value = func(i int) predicate.Value { return predicate.Bool(a.Value(i)) }
	case *array.Date32:
		value = func(i int) predicate.Value { return predicate.Date(int32(a.Value(i))) }
	case *array.Timestamp:
		at := predicate.TimestampNTZ
		if a.DataType().(*arrow.TimestampType).TimeZone != "" {
			at = predicate.Timestamp
		}
		value = func(i int) predicate.Value { return at(int64(a.Value(i))) }
	case *array.String:
		value = func(i int) predicate.Value { return predicate.String(a.Value(i)) }
	case *array.Binary:
		value = func(i int) predicate.Value { return predicate.Binary(a.Value(i)) }
	case *array.Decimal128:
		scale := int(a.DataType().(arrow.DecimalType).GetScale())
		value = func(i int) predicate.Value { return predicate.Decimal(a.Value(i).BigInt(), scale) }
	default:
		return nil, false
	}
	for i := range a.Len() {
		if a.IsValid(i) {
			to = append(to, value(i))
		}
	}
	return to, true
}
