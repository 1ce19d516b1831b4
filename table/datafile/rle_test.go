package datafile

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// decodeHybrid reads n values as the Parquet format describes the encoding.
func decodeHybrid(src []byte, n, width int) ([]uint32, error) {
	var out []uint32
	for len(out) < n {
		head, used := binary.Uvarint(src)
		if used <= 0 {
			return nil, fmt.Errorf("no header after %d values", len(out))
		}
		src = src[used:]
		if head&1 == 0 {
			var v uint32
			for b := range (width + 7) / 8 {
				v |= uint32(src[b]) << (8 * b)
			}
			src = src[(width+7)/8:]
			out = append(out, slices.Repeat([]uint32{v}, int(head>>1))...)
			continue
		}
		groups := int(head >> 1)
		for i := range 8 * groups {
			var v uint32
			for b := range width {
				bit := i*width + b
				v |= uint32(src[bit/8]>>(bit%8)&1) << b
			}
			out = append(out, v)
		}
		src = src[groups*width:]
	}
	if len(src) > 0 {
		return nil, fmt.Errorf("%d bytes are left", len(src))
	}
	return out[:n], nil
}

func TestRunsAndPackedValuesAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 32).Draw(t, "width")
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		var vals []uint32
		for range r.Intn(20) {
			v := r.Uint32() >> (32 - width)
			if r.Intn(2) == 0 {
				vals = append(vals, slices.Repeat([]uint32{v}, r.Intn(60))...)
			} else {
				for range r.Intn(30) {
					vals = append(vals, r.Uint32()>>(32-width))
				}
			}
		}
		got, err := decodeHybrid(appendHybrid([]byte("before"), vals, width)[6:], len(vals), width)
		if err != nil || !slices.Equal(got, vals) {
			t.Fatalf("%d values of %d bits came back as %d: %v", len(vals), width, len(got), err)
		}
	})
}

func TestLevelsAreOneRunWhileTheyAreTheSame(t *testing.T) {
	l := levels{top: 1}
	l.repeat(1, 60_000)
	l.repeat(1, 40_000)
	out := l.append(nil)
	if len(out) > headroom || len(l.vals) > 0 {
		t.Errorf("100,000 equal levels take %d bytes", len(out))
	}
	l.repeat(0, 2)
	l.add([]uint8{1, 0})
	copy(l.grow(1), []uint8{1})
	out = l.append(nil)
	got, err := decodeHybrid(out[4:], 100_005, 1)
	if err != nil || int(binary.LittleEndian.Uint32(out)) != len(out)-4 {
		t.Fatal(err)
	}
	if want := append(slices.Repeat([]uint32{1}, 100_000), 0, 0, 1, 0, 1); !slices.Equal(got, want) {
		t.Error("the levels came back as others")
	}
	l.reset()
	l.repeat(0, 3)
	if got, err := decodeHybrid(l.append(nil)[4:], 3, 1); err != nil || !slices.Equal(got, []uint32{0, 0, 0}) {
		t.Errorf("after a reset: %v, %v", got, err)
	}
	if none := (&levels{}); len(none.append(nil)) != 0 {
		t.Error("a required column has levels")
	}
}

func TestDictionariesGiveEachValueOneIndex(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d byteDict
		var n numberDict[float64]
		for range 2 { // and again after a reset
			indices, numbers := map[string]uint32{}, map[float64]uint32{}
			for _, v := range rapid.SliceOfN(rapid.IntRange(0, 3000), 0, 2000).Draw(t, "values") {
				s := fmt.Sprint(v)
				i, fresh := d.intern([]byte(s))
				want, known := indices[s]
				if fresh == known || known && i != want || fresh && int(i) != len(indices) {
					t.Fatalf("%q is %d (new: %v), want %d of %d", s, i, fresh, want, len(indices))
				}
				indices[s] = i
				j, fresh := n.intern(float64(v))
				if want, known := numbers[float64(v)]; fresh == known || known && j != want {
					t.Fatalf("%d is %d (new: %v), want %d", v, j, fresh, want)
				}
				numbers[float64(v)] = j
			}
			k := uint32(0)
			for v := range d.values() {
				if indices[string(v)] != k {
					t.Fatalf("value %d is %q", k, v)
				}
				k++
			}
			if int(k) != d.len() || d.len() != len(indices) || len(d.appendPage(nil)) != d.pageSize() {
				t.Fatalf("%d values of %d", k, d.len())
			}
			d.reset()
			n.reset()
		}
	})
}
