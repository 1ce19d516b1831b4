package changes

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestASpanIsWhatItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := func(name string) []byte {
			if !rapid.Bool().Draw(t, name+" is there") {
				return nil
			}
			return append([]byte{}, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, name)...)
		}
		s := span{part("start"), part("end"), rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "takes")}
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		b := s.encode(bytes.Clone(before))
		if !bytes.Equal(b[:len(before)], before) {
			t.Fatalf("%x is not after %x", b, before)
		}
		got, err := decodeSpan(b[len(before):])
		if err != nil || !bytes.Equal(got.start, s.start) || !bytes.Equal(got.end, s.end) || !slices.Equal(got.takes, s.takes) || (got.start == nil) != (s.start == nil) || (got.end == nil) != (s.end == nil) {
			t.Fatalf("%x: %+v %v, and was %+v", b, got, err, s)
		}
	})
}

func FuzzDecodeSpan(f *testing.F) {
	for _, s := range []span{{}, {start: []byte("a")}, {end: []byte("b")}, {[]byte("a"), []byte("b"), []string{"c", ""}}, {[]byte{}, []byte{}, nil}} {
		f.Add(s.encode(nil))
	}
	f.Add([]byte{1, 200})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decodeSpan(b)
		if err != nil {
			return
		}
		again, err := decodeSpan(s.encode(nil))
		if err != nil || !bytes.Equal(again.start, s.start) || !bytes.Equal(again.end, s.end) || !slices.Equal(again.takes, s.takes) {
			t.Fatalf("%x: %+v, then %+v %v", b, s, again, err)
		}
	})
}
