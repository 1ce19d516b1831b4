package checkpoint

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
)

// parquetOf is a file that is nothing but a footer, which claims to have a length.
func parquetOf(footer []byte, claim uint32) []byte {
	b := append([]byte("PAR1"), footer...)
	return append(binary.LittleEndian.AppendUint32(b, claim), "PAR1"...)
}

func TestAFooterThatClaimsMoreThanThereIsCostsNoMemory(t *testing.T) {
	// Field 2 (schema) is a list of structs with a length of its own; field 6 (created_by) is binary.
	list := binary.AppendUvarint([]byte{0x29, 0xfc}, 1<<30)
	text := binary.AppendUvarint([]byte{0x68}, 1<<40)
	deep := make([]byte, 1000)
	for i := range deep {
		deep[i] = 0x1c // field 1 is a struct, which has a field 1
	}
	for name, b := range map[string][]byte{
		"length": parquetOf(nil, 1<<31), "list": parquetOf(list, uint32(len(list))), "text": parquetOf(text, uint32(len(text))),
		"depth": parquetOf(deep, uint32(len(deep))), "nothing": []byte("PAR1"), "short": []byte("PAR1PAR1"),
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			info := write(t, store, key, b)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := readAll(t, store, info)
			runtime.ReadMemStats(&after)
			if !errors.As(err, new(*CorruptError)) {
				t.Errorf("got %v", err)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
				t.Errorf("%d bytes", n)
			}
		})
	}
}
