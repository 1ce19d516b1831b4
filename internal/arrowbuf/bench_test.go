package arrowbuf

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"testing"
)

// Strings as they come: short categories, ids, names.
func benchStrings() (vs [][]byte) {
	for i := range 4096 {
		vs = append(vs, fmt.Appendf(nil, "u%06d", i*37%1000), []byte([]string{"electronics", "home", "toys"}[i%3]), fmt.Appendf(nil, "Northern Headphones %d", i%200))
	}
	return vs
}

// BenchmarkStrings is what a column costs a value, the batch's array included.
func BenchmarkStrings(b *testing.B) {
	vs := benchStrings()
	c := NewStrings(NewPool(1<<26), 1)
	for b.Loop() {
		for i, v := range vs {
			c.Set(i, v)
		}
		c.Finish(len(vs)).Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(vs)), "ns/value")
}

// BenchmarkHash compares the hash of the dictionary with the one of the standard library.
func BenchmarkHash(b *testing.B) {
	vs := benchStrings()
	b.Run("words", func(b *testing.B) {
		var sum uint64
		for b.Loop() {
			for _, v := range vs {
				lo, hi := words(v)
				h, l := bits.Mul64(lo^mix1, hi^mix2^uint64(len(v))<<56)
				sum += h ^ l
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(vs)), "ns/value")
	})
	b.Run("maphash", func(b *testing.B) {
		seed := maphash.MakeSeed()
		var sum uint64
		for b.Loop() {
			for _, v := range vs {
				sum += maphash.Bytes(seed, v)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(vs)), "ns/value")
	})
}
