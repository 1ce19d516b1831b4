package arrowbuf

import (
	"bytes"
	"fmt"
	"math/rand"
	"sync"
	"testing"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"
)

func TestThePoolGivesBackWhatWasFreed(t *testing.T) {
	p := NewPool(1 << 20)
	a := p.Allocate(1000)
	if uintptr(unsafe.Pointer(&a[0]))%alignment != 0 || len(a) != 1000 {
		t.Fatalf("%d bytes at %p", len(a), &a[0])
	}
	first := &a[0]
	p.Free(a)
	if b := p.Allocate(900); &b[0] != first {
		t.Error("memory of the same class was not used again")
	}
	if b := p.Allocate(900); &b[0] == first {
		t.Error("memory was given out twice")
	}
	var large [10][]byte
	for i := range large {
		large[i] = p.Allocate(300_000)
	}
	for _, b := range large {
		p.Free(b)
	}
	if n := p.Kept(); n > 1<<20 {
		t.Errorf("%d bytes kept", n)
	}
	small := p.Allocate(100)
	first = &small[0]
	p.Free(small)
	if b := p.Allocate(100); &b[0] != first {
		t.Error("a full pool takes nothing any more")
	}
	p.Free(make([]byte, 77)) // not one of its own
	none := NewPool(0)
	none.Free(none.Allocate(10))
	if none.Kept() != 0 {
		t.Error("a pool of nothing keeps something")
	}
}

func TestClassesWasteAtMostAQuarter(t *testing.T) {
	for n := 1; n < 1<<22; n += 1 + n/17 {
		c := class(n)
		if c < n || n > 256 && c > n+n/4+1 || class(c) != c {
			t.Fatalf("class of %d is %d, whose class is %d", n, c, class(c))
		}
	}
}

func TestReallocatedMemoryKeepsItsBytes(t *testing.T) {
	p := NewPool(1 << 20)
	b := append(p.Allocate(0), "abc"...)
	if b = p.Reallocate(5000, b); string(b[:3]) != "abc" || len(b) != 5000 {
		t.Errorf("%q", b[:3])
	}
}

// The column is written as a decoder writes it: slots again and again, some forgotten.
func TestStringsAreWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		c := NewStrings(NewPool(1<<20), r.Uint64())
		for range 4 {
			n, distinct := r.Intn(3000), 1+r.Intn(1<<r.Intn(12))
			c.Reserve(r.Intn(n + 1))
			var want []any
			for i := range n {
				for again := r.Intn(10) == 0; ; again = false {
					v := bytes.Repeat([]byte(fmt.Sprint(r.Intn(distinct))), r.Intn(8))
					if want = want[:i]; r.Intn(20) == 0 {
						c.SetNull(i)
						want = append(want, nil)
					} else {
						c.Set(i, v)
						want = append(want, string(v))
					}
					if !again {
						break
					}
					c.Truncate(i)
				}
			}
			check(t, c.Finish(n), want)
		}
		c.Drop()
	})
}

func check(t *rapid.T, data arrow.ArrayData, want []any) {
	defer data.Release()
	arr := array.MakeFromData(data)
	defer arr.Release()
	text := func(i int) string { return arr.(*array.String).Value(i) }
	if d, ok := arr.(*array.Dictionary); ok {
		values := d.Dictionary().(*array.String)
		seen, used := map[string]bool{}, map[int]bool{}
		for i := range values.Len() {
			seen[values.Value(i)] = true
		}
		text = func(i int) string {
			used[d.GetValueIndex(i)] = true
			return values.Value(d.GetValueIndex(i))
		}
		defer func() {
			if len(seen) != values.Len() || len(used) != values.Len() {
				t.Fatalf("%d values, %d different, %d used", values.Len(), len(seen), len(used))
			}
		}()
	}
	nulls := 0
	for i, w := range want {
		if w == nil {
			nulls++
			if !arr.IsNull(i) {
				t.Fatalf("slot %d is not null", i)
			}
		} else if arr.IsNull(i) || text(i) != w {
			t.Fatalf("slot %d is %s, want %q", i, arr.ValueStr(i), w)
		}
	}
	if arr.Len() != len(want) || arr.NullN() != nulls {
		t.Fatalf("%d slots, %d null; want %d, %d", arr.Len(), arr.NullN(), len(want), nulls)
	}
}

func TestPlainBatchesTryTheDictionaryAgain(t *testing.T) {
	c := NewStrings(NewPool(1<<20), 1)
	isDict := func(distinct int) bool {
		for i := range 2000 {
			c.Set(i, fmt.Append(nil, i%distinct))
		}
		data := c.Finish(2000)
		defer data.Release()
		return data.DataType().ID() == arrow.DICTIONARY
	}
	if isDict(2000) {
		t.Error("all values differ, but a dictionary was made")
	}
	for n := 0; ; n++ {
		if isDict(10) {
			break
		}
		if n > maxBackoff {
			t.Fatal("never tried again")
		}
	}
	if !isDict(10) {
		t.Error("a dictionary that paid was given up")
	}
}

func TestManyCollisionsMakeABatchPlain(t *testing.T) {
	c := NewStrings(NewPool(1<<20), 1)
	// Values that differ only where the seed is known could be built; simulate them by a full table.
	for i := range 200 {
		c.Set(i, fmt.Append(nil, i))
	}
	for i := range c.dict.entries {
		if e := &c.dict.entries[i]; e.meta == 0 {
			*e = entry{lo: 1, hi: 1, meta: uint32(c.dict.epoch)<<16 | 1, code: 0}
		}
	}
	c.dict.n = 0 // so that the table does not grow
	if _, ok := c.dict.code([]byte("new")); ok {
		t.Error("a table without room took a value")
	}
}

func TestTheEpochMayWrap(t *testing.T) {
	d := newDict(NewPool(0), 3)
	d.epoch = 0xffff
	if code, ok := d.code([]byte("a")); code != 0 || !ok {
		t.Fatal(code, ok)
	}
	d.reset()
	if d.epoch != 1 {
		t.Fatal(d.epoch)
	}
	if code, ok := d.code([]byte("b")); code != 0 || !ok {
		t.Fatal(code, ok)
	}
}

func TestFixedAndBoolsKeepNullsAndForgetThem(t *testing.T) {
	p := NewPool(1 << 20)
	f, b := NewFixed[int64](p), NewBools(p)
	for i := range 1000 {
		f.SetNull(i)
		f.Truncate(i)
		f.Set(i, int64(i))
		b.Set(i, i%3 == 0)
		if i%7 == 0 {
			f.SetNull(i)
			b.SetNull(i)
		}
	}
	fd, bd := f.Finish(arrow.PrimitiveTypes.Int64, 900), b.Finish(900)
	fa, ba := array.NewInt64Data(fd), array.NewBooleanData(bd)
	fd.Release()
	bd.Release()
	for i := range 900 {
		if fa.IsNull(i) != (i%7 == 0) || ba.IsNull(i) != (i%7 == 0) {
			t.Fatalf("slot %d: %v, %v", i, fa.IsNull(i), ba.IsNull(i))
		}
		if i%7 > 0 && (fa.Value(i) != int64(i) || ba.Value(i) != (i%3 == 0)) {
			t.Fatalf("slot %d: %d, %v", i, fa.Value(i), ba.Value(i))
		}
	}
	fa.Release()
	ba.Release()
	if p.Kept() == 0 {
		t.Error("nothing came back to the pool")
	}
}

func TestArraysAreReleasedAnywhere(t *testing.T) {
	p := NewPool(1 << 20)
	arrays := make(chan arrow.Array)
	var wg sync.WaitGroup
	wg.Go(func() {
		for a := range arrays {
			for i := range a.Len() {
				if got := a.(*array.Int64).Value(i); got != int64(a.Len()) {
					t.Errorf("slot %d of %d is %d", i, a.Len(), got)
				}
			}
			a.Release()
		}
	})
	c := NewFixed[int64](p)
	for n := range 500 {
		for i := range n {
			c.Set(i, int64(n))
		}
		data := c.Finish(arrow.PrimitiveTypes.Int64, n)
		arrays <- array.NewInt64Data(data)
		data.Release()
	}
	close(arrays)
	wg.Wait()
}
