package datafile

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// span is the least and the greatest of the numbers seen.
type span[T number] struct {
	lo, hi T
	any    bool // a number was seen that is not NaN
	nan    bool
}

func (s *span[T]) add(vals []T) {
	if len(vals) == 0 {
		return
	}
	lo, hi, nan := s.lo, s.hi, s.nan
	if !s.any {
		i := slices.IndexFunc(vals, func(v T) bool { return v == v })
		if i < 0 {
			s.nan = true
			return
		}
		nan = nan || i > 0
		lo, hi, s.any = vals[i], vals[i], true
		vals = vals[i:]
	}
	for _, v := range vals {
		if v < lo {
			lo = v
		}
		if v > hi {
			hi = v
		}
		if v != v {
			nan = true
		}
	}
	s.lo, s.hi, s.nan = lo, hi, nan
}

func (s *span[T]) merge(o span[T]) {
	switch {
	case !o.any:
		s.nan = s.nan || o.nan
	case !s.any:
		nan := s.nan
		*s = o
		s.nan = s.nan || nan
	default:
		s.lo, s.hi, s.nan = min(s.lo, o.lo), max(s.hi, o.hi), s.nan || o.nan
	}
}

// zeros makes a zero bound the zero that includes the other one, as Parquet asks for floats.
func (s *span[T]) zeros() (lo, hi T) {
	lo, hi = s.lo, s.hi
	var zero T
	switch any(zero).(type) {
	case float32, float64:
		if lo == 0 {
			lo = T(math.Copysign(0, -1))
		}
		if hi == 0 {
			hi = zero
		}
	}
	return lo, hi
}

// byteSpan is the least and the greatest of the strings or binaries seen, by bytes without sign.
// Most values are told apart by their first 8 bytes alone.
type byteSpan struct {
	lo, hi       []byte
	loKey, hiKey uint64
	any          bool
}

// key is the first 8 bytes as a number that orders as they do.
func key(v []byte) uint64 {
	if len(v) >= 8 {
		return binary.BigEndian.Uint64(v)
	}
	var k uint64
	for i, b := range v {
		k |= uint64(b) << (56 - 8*i)
	}
	return k
}

func (s *byteSpan) add(v []byte) {
	k := key(v)
	if s.any && k > s.loKey && k < s.hiKey {
		return
	}
	s.slow(v, k)
}

func (s *byteSpan) slow(v []byte, k uint64) {
	if !s.any {
		s.any = true
		s.lo, s.hi = append(s.lo[:0], v...), append(s.hi[:0], v...)
		s.loKey, s.hiKey = k, k
		return
	}
	if c := cmp.Compare(k, s.loKey); c < 0 || c == 0 && bytes.Compare(v, s.lo) < 0 {
		s.lo, s.loKey = append(s.lo[:0], v...), k
	}
	if c := cmp.Compare(k, s.hiKey); c > 0 || c == 0 && bytes.Compare(v, s.hi) > 0 {
		s.hi, s.hiKey = append(s.hi[:0], v...), k
	}
}

func (s *byteSpan) merge(o *byteSpan) {
	if o.any {
		s.add(o.lo)
		s.add(o.hi)
	}
}

func (s *byteSpan) reset() { s.any = false }
