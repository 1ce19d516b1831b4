package golden_test

import (
	"hash/maphash"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/arrowtest"
)

// digest is the same for the same rows in any order, and cheap enough for tables of millions of rows.
type digest struct {
	rows int
	sum  uint64
}

func (d *digest) add(rec arrow.RecordBatch) {
	hashes := make([]uint64, rec.NumRows())
	for _, col := range rec.Columns() {
		addColumn(hashes, col)
	}
	d.rows += len(hashes)
	for _, h := range hashes {
		d.sum += h * 0xff51afd7ed558ccd
	}
}

// addColumn mixes the values of a column into the hashes of the rows.
func addColumn(hashes []uint64, col arrow.Array) {
	mix := func(i int, v uint64) { hashes[i] = (hashes[i]^v)*0x9e3779b97f4a7c15 + hashes[i]>>29 }
	for i := range hashes {
		if col.IsNull(i) {
			mix(i, 1<<63+12345)
			continue
		}
		switch a := col.(type) {
		case *array.Int64:
			mix(i, uint64(a.Value(i)))
		case *array.Int32:
			mix(i, uint64(a.Value(i)))
		case *array.Decimal128:
			mix(i, a.Value(i).LowBits())
			mix(i, uint64(a.Value(i).HighBits()))
		default:
			mix(i, maphash.String(seed, arrowtest.Value(col, i)))
		}
	}
}

var seed = maphash.MakeSeed()
