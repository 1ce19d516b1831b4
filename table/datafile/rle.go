package datafile

import "encoding/binary"

// appendHybrid appends values in Parquet's RLE/bit-packed hybrid with the given bit width: runs of
// one value as RLE, all else bit-packed in as few runs as may be.
func appendHybrid[T uint8 | uint32](dst []byte, vals []T, width int) []byte {
	const worth = 16 // a repeat shorter than this costs less inside a bit-packed run
	packed := 0      // start of the values not yet written
	for i := 0; i+8 <= len(vals); {
		v := vals[i]
		if vals[i+1] != v || vals[i+3] != v || vals[i+7] != v {
			i += 8
			continue
		}
		end := i + 1
		for end < len(vals) && vals[end] == v {
			end++
		}
		if end-i < worth && end < len(vals) {
			i += 8
			continue
		}
		if packed < i {
			dst = appendPacked(dst, vals[packed:i], width)
		}
		dst = appendRun(dst, uint32(v), end-i, width)
		i, packed = end, end
	}
	if packed < len(vals) {
		dst = appendPacked(dst, vals[packed:], width)
	}
	return dst
}

// appendRun appends n times v.
func appendRun(dst []byte, v uint32, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for b := 0; b < width; b += 8 {
		dst = append(dst, byte(v>>b))
	}
	return dst
}

// appendPacked appends one bit-packed run. Only the last run of a page may have a length that is
// not a multiple of 8: it is filled up with zeros that readers do not look at.
func appendPacked[T uint8 | uint32](dst []byte, vals []T, width int) []byte {
	groups := (len(vals) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	end := len(dst) + groups*width
	if cap(dst) < end+8 {
		dst = append(make([]byte, 0, 2*end+8), dst...)
	}
	at := len(dst)
	dst = dst[:end+8] // room for the last whole word
	var word uint64
	used := 0
	for _, v := range vals {
		word |= uint64(v) << used
		used += width
		if used >= 64 {
			binary.LittleEndian.PutUint64(dst[at:], word)
			at += 8
			used -= 64
			word = uint64(v) >> (width - used)
		}
	}
	for ; at < end; at += 8 {
		binary.LittleEndian.PutUint64(dst[at:], word)
		word = 0
	}
	return dst[:end]
}
