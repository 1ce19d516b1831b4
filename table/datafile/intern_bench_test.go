package datafile

import (
	"fmt"
	"math/rand"
	"testing"
)

// BenchmarkIntern looks up strings in a dictionary of 100,000, as for a column of user ids.
func BenchmarkIntern(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	vals := make([][]byte, 1<<20)
	for i := range vals {
		vals[i] = fmt.Appendf(nil, "user_%d", r.Intn(100_000))
	}
	b.Run("one by one", func(b *testing.B) {
		var d byteDict
		for b.Loop() {
			for _, v := range vals {
				d.intern(v)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N*len(vals)), "ns/value")
	})
}
