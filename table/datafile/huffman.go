package datafile

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/huff0"
)

// literalsOnly compresses to a zstd frame without looking for repeats: only the entropy of single
// bytes is taken out. On text without repeats, such as UUIDs, that is all that zstd finds too, at
// three times the speed. See RFC 8878, sections 3.1.1 and 4.2.
//
// dst is memory to use, nothing is appended to it.
func literalsOnly(dst, src []byte) []byte {
	const (
		magicNumber = 0xFD2FB528
		// The size of the content in 4 bytes, one segment, no checksum, no dictionary.
		descriptor = 2<<6 | 1<<5
		blockMax   = 128 << 10
	)
	s := huffmanPool.Get().(*huff0.Scratch)
	defer huffmanPool.Put(s)
	s.Reuse = huff0.ReusePolicyNone // the first table of a frame is in the frame

	dst = binary.LittleEndian.AppendUint32(dst[:0], magicNumber)
	dst = append(dst, descriptor)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(src)))
	for {
		block := src[:min(len(src), blockMax)]
		src = src[len(block):]
		dst = appendBlock(dst, s, block, len(src) == 0)
		if len(src) == 0 {
			return dst
		}
	}
}

var huffmanPool = sync.Pool{New: func() any { return new(huff0.Scratch) }}

// appendBlock appends a block of literals and no sequences, or a raw block where that is no gain.
func appendBlock(dst []byte, s *huff0.Scratch, block []byte, last bool) []byte {
	const raw, compressed = 0, 2
	out, reused, err := huff0.Compress4X(block, s)
	const overhead = 5 + 1 // the header of the literals, and the number of sequences
	if err != nil || len(out)+overhead >= len(block) {
		return append(blockHeader(dst, raw, len(block), last), block...)
	}
	s.Reuse = huff0.ReusePolicyAllow
	dst = blockHeader(dst, compressed, len(out)+overhead, last)
	literals := uint64(2) // with their Huffman table
	if reused {
		literals = 3 // by the table of the block before
	}
	const fourStreams18Bits = 3
	header := literals | fourStreams18Bits<<2 | uint64(len(block))<<4 | uint64(len(out))<<22
	dst = append(dst, byte(header), byte(header>>8), byte(header>>16), byte(header>>24), byte(header>>32))
	dst = append(dst, out...)
	return append(dst, 0)
}

func blockHeader(dst []byte, kind, size int, last bool) []byte {
	h := uint32(kind<<1 | size<<3)
	if last {
		h |= 1
	}
	return append(dst, byte(h), byte(h>>8), byte(h>>16))
}
