package deletionvector

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

func TestInlineExampleOfTheProtocol(t *testing.T) {
	d := &action.DeletionVector{StorageType: Inline, SizeInBytes: 44, Cardinality: 6,
		PathOrInlineDv: "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"}
	b, err := Read(t.Context(), nil, d)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Collect(b.All()), []uint64{3, 4, 7, 11, 18, 29}; !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}

// TestNativeExample is the inline example of the protocol text, in the format of the first writers, big endian.
func TestNativeExample(t *testing.T) {
	d := &action.DeletionVector{StorageType: Inline, SizeInBytes: 40, Cardinality: 6,
		PathOrInlineDv: "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"}
	b, err := Read(t.Context(), nil, d)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Collect(b.All()), []uint64{3, 4, 7, 11, 18, 29}; !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}

func TestPathOfAVector(t *testing.T) {
	for _, c := range []struct{ kind, text, want string }{
		{Relative, "ab^-aqEH.-t@S}K{vb[*k^", "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"},
		{Relative, "^-aqEH.-t@S}K{vb[*k^", "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"},
		{Absolute, "s3://my%20table/deletion_vector_x.bin", "s3://my table/deletion_vector_x.bin"},
	} {
		got, err := Path(&action.DeletionVector{StorageType: c.kind, PathOrInlineDv: c.text})
		if err != nil || got != c.want {
			t.Errorf("%s%s is at %q, %v; want %q", c.kind, c.text, got, err, c.want)
		}
	}
	for _, d := range []action.DeletionVector{{StorageType: Relative, PathOrInlineDv: "short"}, {StorageType: Inline, PathOrInlineDv: "00000"},
		{StorageType: "x"}, {StorageType: Relative, PathOrInlineDv: strings.Repeat("~", 20)}, {StorageType: Absolute, PathOrInlineDv: "%zz"}} {
		var corrupt *CorruptError
		if _, err := Path(&d); !errors.As(err, &corrupt) {
			t.Errorf("%+v: error %v, want a *CorruptError", d, err)
		}
	}
}

func opener(s objstore.Store) func(string) (objstore.Store, string, error) {
	return func(path string) (objstore.Store, string, error) { return s, path, nil }
}

func newID() string { return uuid.NewString() }

// drawBitmap draws sets of scattered positions and runs, in more than one 32-bit bucket.
func drawBitmap(rt *rapid.T) *Bitmap {
	b := New(rapid.SliceOfN(rapid.Uint64Max(200_000), 0, 300).Draw(rt, "near")...)
	for _, p := range rapid.SliceOfN(rapid.Uint64Max(1<<34), 0, 5).Draw(rt, "far") {
		b.Add(p)
	}
	if from := rapid.Uint64Max(150_000).Draw(rt, "from"); rapid.Bool().Draw(rt, "run") {
		b.AddRange(from, from+rapid.Uint64Max(100_000).Draw(rt, "length"))
	}
	return b
}

func TestWrittenVectorsReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := mem.New()
		bitmaps := rapid.SliceOfN(rapid.Custom(drawBitmap), 0, 4).Draw(rt, "bitmaps")
		prefix := rapid.SampledFrom([]string{"", "a1"}).Draw(rt, "prefix")
		ds, key, err := WriteBelow(context.Background(), store, prefix, newID, bitmaps...)
		if err != nil {
			rt.Fatal(err)
		}
		for i, d := range ds {
			got, err := Read(context.Background(), opener(store), d)
			if err != nil || !got.Equal(bitmaps[i]) {
				rt.Fatalf("vector %d read back with error %v as %v", i, err, got)
			}
			if path, err := Path(d); d.StorageType == Relative && (err != nil || path != key) {
				rt.Fatalf("path %q, %v; want %q", path, err, key)
			}
		}
	})
}

func TestSmallVectorsGoIntoTheLog(t *testing.T) {
	store := mem.New()
	big := New()
	for i := range uint64(1000) {
		big.Add(i * 3)
	}
	ds, key, err := Write(t.Context(), store, newID, New(1, 2, 3), big)
	if err != nil {
		t.Fatal(err)
	}
	if ds[0].StorageType != Inline || ds[0].Offset != nil || ds[1].StorageType != Relative || *ds[1].Offset != 1 || ds[1].Cardinality != 1000 {
		t.Errorf("descriptors %+v, %+v", ds[0], ds[1])
	}
	if !strings.HasPrefix(key, "deletion_vector_") || !strings.HasSuffix(key, ".bin") {
		t.Errorf("key %q", key)
	}
	if _, key, err = Write(t.Context(), store, newID, New(7)); key != "" || err != nil {
		t.Errorf("a file %q, %v for nothing but an inline vector", key, err)
	}
}

func TestDamageIsFound(t *testing.T) {
	store := mem.New()
	b := New()
	for i := range uint64(2000) {
		b.Add(i * i)
	}
	ds, key, err := Write(t.Context(), store, newID, b)
	if err != nil {
		t.Fatal(err)
	}
	r, info, err := store.Get(t.Context(), key, objstore.Range{})
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if _, err := whole.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(file []byte, d *action.DeletionVector) []byte{
		"version":     func(f []byte, _ *action.DeletionVector) []byte { f[0] = 2; return f },
		"size":        func(f []byte, _ *action.DeletionVector) []byte { f[4]++; return f },
		"content":     func(f []byte, _ *action.DeletionVector) []byte { f[100] ^= 1; return f },
		"checksum":    func(f []byte, _ *action.DeletionVector) []byte { f[len(f)-1] ^= 1; return f },
		"truncated":   func(f []byte, _ *action.DeletionVector) []byte { return f[:len(f)-1] },
		"empty":       func([]byte, *action.DeletionVector) []byte { return nil },
		"cardinality": func(f []byte, d *action.DeletionVector) []byte { d.Cardinality++; return f },
		"huge":        func(f []byte, d *action.DeletionVector) []byte { d.SizeInBytes = math.MaxInt32; return f },
		"negative":    func(f []byte, d *action.DeletionVector) []byte { d.SizeInBytes = -1; return f },
		"far":         func(f []byte, d *action.DeletionVector) []byte { d.Offset = new(int32(info.Size + 100_000)); return f },
	} {
		t.Run(name, func(t *testing.T) {
			d := *ds[0]
			file := change(bytes.Clone(whole.Bytes()), &d)
			if _, err := store.Put(t.Context(), key, objstore.Bytes(file), objstore.Cond{}); err != nil {
				t.Fatal(err)
			}
			var corrupt *CorruptError
			if _, err := Read(t.Context(), opener(store), &d); !errors.As(err, &corrupt) || !strings.Contains(err.Error(), key) {
				t.Errorf("error %v, want a *CorruptError that names the file", err)
			}
		})
	}
}

func TestMissingFileIsTheStoresError(t *testing.T) {
	d := &action.DeletionVector{StorageType: Relative, PathOrInlineDv: encodeUUID(uuid.New()), SizeInBytes: 40}
	if _, err := Read(t.Context(), opener(mem.New()), d); !errors.Is(err, objstore.ErrNotExist) {
		t.Errorf("error %v, want objstore.ErrNotExist", err)
	}
}

func TestSetOperations(t *testing.T) {
	a := New(1, 2, 3, 1<<33)
	b := a.Clone()
	b.AndNot(New(2))
	b.AddRange(10, 13)
	b.AddRange(5, 5)
	if !slices.Equal(slices.Collect(b.All()), []uint64{1, 3, 10, 11, 12, 1 << 33}) || !a.Contains(2) {
		t.Errorf("b is %v", slices.Collect(b.All()))
	}
	if got := slices.Collect(b.Range(2, 12)); !slices.Equal(got, []uint64{3, 10, 11}) {
		t.Errorf("range is %v", got)
	}
	if b.CountBelow(11) != 3 || b.CountBelow(0) != 0 || !a.Intersects(b) || New(4).Intersects(b) {
		t.Error("counts or intersections are wrong")
	}
	a.Or(b)
	if top, ok := a.Max(); !ok || top != 1<<33 || a.Cardinality() != 7 {
		t.Errorf("a is %v", slices.Collect(a.All()))
	}
	if _, ok := New().Max(); ok {
		t.Error("the empty set has a maximum")
	}
	for range a.All() { // may be left at any time
		break
	}
}

func TestPositionsBeyondTheFormatAreRefused(t *testing.T) {
	if _, err := New(1 << 63).Bytes(); err == nil {
		t.Error("no error")
	}
}

func FuzzParse(f *testing.F) {
	for _, b := range []*Bitmap{New(), New(1, 2, 3), New(1<<40, 5)} {
		blob, err := b.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	runs := New()
	runs.AddRange(100, 100_000)
	blob, err := runs.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	native := binary.LittleEndian.AppendUint32(nil, magicNative)
	native = binary.LittleEndian.AppendUint32(native, 1)
	native = binary.LittleEndian.AppendUint32(native, uint32(len(blob)-16))
	f.Add(append(native, blob[16:]...))
	f.Fuzz(func(t *testing.T, blob []byte) {
		b, err := Parse(blob)
		if err != nil {
			return
		}
		again, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if c, err := Parse(again); err != nil || !c.Equal(b) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}

func FuzzBase85(f *testing.F) {
	f.Add("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L")
	f.Add("%%%%%")
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := decode85(s); err == nil && encode85(b) != s {
			t.Errorf("%q becomes %q", s, encode85(b))
		}
	})
}
