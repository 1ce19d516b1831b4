package scalar

import (
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

func TestCompareOrdersValuesOfEachType(t *testing.T) {
	for _, ascending := range [][]any{
		{int64(-1), int64(0), int64(7)}, {math.Inf(-1), 0.5, math.Inf(1), math.NaN()}, {"", "a", "é"}, {[]byte{}, []byte{0}, []byte{1}},
		{false, true}, {arrow.Date32(-3), arrow.Date32(4)}, {arrow.Timestamp(-3), arrow.Timestamp(4)},
		{decimal128.FromI64(-5), decimal128.FromI64(6)},
	} {
		for i := range ascending {
			for j := range ascending {
				want := min(max(i-j, -1), 1)
				if got := Compare(ascending[i], ascending[j]); got != want {
					t.Errorf("%v and %v: %d", ascending[i], ascending[j], got)
				}
			}
		}
	}
	if Compare("1", int64(1)) != 0 {
		t.Error("a text was compared with a number")
	}
}
