package sql

import (
	"runtime"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
)

// pin pins the memory of rec's strings, to which DuckDB's vectors get pointers: memory of C's may hold pointers into
// Go's only while that is pinned. It is done once for a batch, and not at all for what is copied.
func pin(p *runtime.Pinner, rec arrow.RecordBatch) {
	for _, c := range rec.Columns() {
		pinStrings(p, c.Data())
	}
}

func pinStrings(p *runtime.Pinner, d arrow.ArrayData) {
	switch d.DataType().ID() {
	case arrow.STRING, arrow.BINARY, arrow.LARGE_STRING, arrow.LARGE_BINARY:
		if b := bytesAt(d, 2); len(b) > 0 {
			p.Pin(unsafe.SliceData(b))
		}
	case arrow.DICTIONARY:
		pinStrings(p, d.Dictionary())
	}
	for _, child := range d.Children() {
		pinStrings(p, child)
	}
}
