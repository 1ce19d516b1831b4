package datafile

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// codec compresses pages. Without encode it leaves them as they are.
type codec struct {
	name   string
	id     format.CompressionCodec
	encode func(dst, src []byte) []byte // dst is memory to use, nothing is appended to it
	cheap  func(dst, src []byte) []byte // the same format with less effort; may be nil
}

var uncompressed = &codec{name: "uncompressed", id: format.Uncompressed}

// DefaultCodec is what files are compressed with where the table does not say, as the protocol asks for.
const DefaultCodec = "zstd"

// CodecError says that a codec is not known.
type CodecError struct{ Name string }

func (e *CodecError) Error() string {
	return fmt.Sprintf("compression codec %q is not known: delta.parquet.compression.codec can be uncompressed, snappy, gzip, lz4_raw or zstd", e.Name)
}

// newCodec finds a codec by the name that delta.parquet.compression.codec takes, in any case.
// The deprecated lz4 becomes lz4_raw, which all readers of it know.
func newCodec(name string) (*codec, error) {
	name = strings.ToLower(name)
	switch name {
	case "uncompressed", "none":
		return uncompressed, nil
	case "":
		name = DefaultCodec
	case "lz4":
		name = "lz4_raw"
	}
	switch name {
	case "snappy": // the variant of the library that finds less, three times as fast
		return &codec{name: name, id: format.Snappy, encode: func(dst, src []byte) []byte {
			return s2.EncodeSnappy(extend(dst[:0], s2.MaxEncodedLen(len(src))), src)
		}}, nil
	case "zstd":
		return &codec{name: name, id: format.Zstd, encode: encodeZstd, cheap: literalsOnly}, nil
	}
	i := slices.IndexFunc(codecs, func(c codecID) bool { return c.name == name })
	if i < 0 {
		return nil, &CodecError{Name: name}
	}
	c, err := compress.GetCodec(codecs[i].arrow)
	if err != nil {
		return nil, fmt.Errorf("compression codec %s: %w", name, err)
	}
	return &codec{name: name, id: codecs[i].parquet, encode: func(dst, src []byte) []byte {
		dst = extend(dst[:0], int(c.CompressBound(int64(len(src)))))
		return c.Encode(dst, src)
	}}, nil
}

type codecID struct {
	name    string
	arrow   compress.Compression
	parquet format.CompressionCodec
}

var codecs = []codecID{
	{"gzip", compress.Codecs.Gzip, format.Gzip},
	{"lz4_raw", compress.Codecs.Lz4Raw, format.Lz4Raw},
}

// zstdEncoders are at the level that costs least; encoders are large and used again.
var zstdEncoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // only for options that contradict each other
	}
	return e
}}

func encodeZstd(dst, src []byte) []byte {
	e := zstdEncoders.Get().(*zstd.Encoder)
	defer zstdEncoders.Put(e)
	return e.EncodeAll(src, dst[:0])
}
