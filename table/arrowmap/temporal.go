package arrowmap

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// toTimestamp makes microseconds of timestamps of every unit, dates, and INT96; nil, nil for the rest.
func toTimestamp(arr arrow.Array, to arrow.DataType) (arrow.Array, error) {
	if to.(*arrow.TimestampType).Unit != arrow.Microsecond {
		return nil, nil
	}
	var at func(i int) (int64, bool)
	switch a := arr.(type) {
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		if unit == arrow.Microsecond {
			return withType(arr, to), nil
		}
		at = func(i int) (int64, bool) { return toMicros(int64(a.Value(i)), unit) }
	case *array.Date32: // a widening of the protocol: the midnight of the day
		at = func(i int) (int64, bool) { return mul(int64(a.Value(i)), 86_400_000_000) }
	case *array.FixedSizeBinary:
		if a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth != 12 {
			return nil, nil
		}
		at = func(i int) (int64, bool) { return int96Micros(a.Value(i)) }
	default:
		return nil, nil
	}
	b := array.NewTimestampBuilder(mem, to.(*arrow.TimestampType))
	defer b.Release()
	b.Reserve(arr.Len())
	for i := range arr.Len() {
		if arr.IsNull(i) {
			b.UnsafeAppendBoolToBitmap(false)
			continue
		}
		us, ok := at(i)
		if !ok {
			return nil, fmt.Errorf("row %d: %w", i, errOverflow)
		}
		b.UnsafeAppend(arrow.Timestamp(us))
	}
	return b.NewArray(), nil
}

// toMicros rounds towards the past, as Spark does.
func toMicros(v int64, unit arrow.TimeUnit) (int64, bool) {
	switch unit {
	case arrow.Second:
		return mul(v, 1_000_000)
	case arrow.Millisecond:
		return mul(v, 1_000)
	case arrow.Nanosecond:
		return floorDiv(v, 1_000), true
	default:
		return v, true
	}
}

// julianEpoch is the Julian day number of 1970-01-01.
const julianEpoch = 2_440_588

// int96Micros reads Parquet's deprecated INT96: nanoseconds of the day, then the Julian day, both
// little endian. Impala and Spark write it; nanoseconds may run over the day.
func int96Micros(b []byte) (int64, bool) {
	nanos := int64(binary.LittleEndian.Uint64(b))
	day := int64(binary.LittleEndian.Uint32(b[8:]))
	us, ok := mul(day-julianEpoch, 86_400_000_000)
	part := floorDiv(nanos, 1_000)
	sum := us + part
	return sum, ok && (part >= 0) == (sum >= us)
}

func floorDiv(v, by int64) int64 {
	q := v / by
	if v%by < 0 {
		q--
	}
	return q
}

// mul multiplies by a positive number; false when the product overflows.
func mul(v, by int64) (int64, bool) {
	abs := uint64(v)
	if v < 0 {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(by))
	return v * by, hi == 0 && lo <= 1<<63-1
}
