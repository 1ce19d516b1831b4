package datafile

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func checkFrame(t *testing.T, src []byte) []byte {
	t.Helper()
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	packed := literalsOnly(nil, src)
	got, err := d.DecodeAll(packed, nil)
	if err != nil || !bytes.Equal(got, src) {
		t.Fatalf("%d bytes came back as %d: %v", len(src), len(got), err)
	}
	return packed
}

func TestLiteralsOnlyFramesAreZstd(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	noise := make([]byte, 300<<10)
	r.Read(noise)
	var hex, mixed []byte
	for len(hex) < 600<<10 {
		hex = fmt.Appendf(hex, "%08x-", r.Uint32())
	}
	mixed = append(append(append(mixed, hex[:200<<10]...), noise...), hex[:200<<10]...)
	for name, src := range map[string][]byte{
		"empty": nil, "one": []byte("a"), "short": []byte("abcabc"), "one value": bytes.Repeat([]byte("a"), 400<<10),
		"noise": noise, "hex": hex, "mixed": mixed, "a block": hex[:128<<10], "a block and one": hex[:128<<10+1],
	} {
		t.Run(name, func(t *testing.T) {
			packed := checkFrame(t, src)
			if name == "hex" && len(packed) > len(src)*6/10 {
				t.Errorf("%d bytes became %d", len(src), len(packed))
			}
		})
	}
}

func FuzzLiteralsOnly(f *testing.F) {
	f.Add([]byte("abc"), 1)
	f.Add([]byte("0123456789abcdef"), 10000)
	f.Fuzz(func(t *testing.T, src []byte, times int) {
		checkFrame(t, bytes.Repeat(src, 1+max(0, times)%20000))
	})
}
