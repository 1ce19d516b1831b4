package datafile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// CorruptError says that a file is not the Parquet file that it should be.
type CorruptError struct {
	File string
	Err  error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("data file %s cannot be read as Parquet: %v", e.File, e.Err)
}

// Unwrap gives the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

var (
	errNotParquet = errors.New("it does not end as a Parquet file does")
	errEncrypted  = errors.New("it is encrypted, which is not supported")
	errFooter     = errors.New("its footer is longer than the file")
)

// tailGuess is how much of the end of a file is read at first: enough for most footers.
const tailGuess = 64 << 10

// readFooter reads the end of a file, most often with one request, and gives the footer and the
// size of the file. Errors: *CorruptError, those of the source.
func readFooter(ctx context.Context, src source) (footer []byte, size int64, err error) {
	tail, size, err := src.tail(ctx, tailGuess)
	if err != nil {
		return nil, 0, err
	}
	corrupt := func(err error) ([]byte, int64, error) {
		return nil, 0, &CorruptError{File: src.name(), Err: err}
	}
	if len(tail) < 12 {
		return corrupt(errNotParquet)
	}
	switch string(tail[len(tail)-4:]) {
	case magic:
	case "PARE":
		return corrupt(errEncrypted)
	default:
		return corrupt(errNotParquet)
	}
	n := int64(binary.LittleEndian.Uint32(tail[len(tail)-8:]))
	if n+12 > size {
		return corrupt(errFooter)
	}
	if n+8 > int64(len(tail)) {
		if tail, err = src.read(ctx, size-n-8, n+8); err != nil {
			return nil, 0, err
		}
	}
	return tail[int64(len(tail))-n-8 : len(tail)-8], size, nil
}

// parseFooter gives the footer twice: as plain structures, and as Arrow's reader wants it; and what that loses.
//
// INT96, which older versions of Spark and Hive write for timestamps, is renamed to 12 bytes of
// fixed length, which is what it is on disk. Arrow's reader would turn it into nanoseconds, in which
// the years before 1677 and after 2262 do not fit; so [arrowmap.Cast] gets to see the bytes.
func parseFooter(footer []byte, size int64) (*format.FileMetaData, *metadata.FileMetaData, meaning, error) {
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		return nil, nil, meaning{}, err
	}
	meant := meaningOf(&meta)
	if bare := bareVariants(&meta); renameInt96(&meta) || bare {
		var err error
		if footer, err = thrift.Marshal(new(thrift.CompactProtocol), &meta); err != nil {
			return nil, nil, meaning{}, err
		}
	}
	arrowMeta, err := metadata.NewFileMetaData(footer, nil)
	if err != nil {
		return nil, nil, meaning{}, err
	}
	arrowMeta.SetSourceFileSize(size)
	return &meta, arrowMeta, meant, checkChunks(&meta, size)
}

// bareVariants takes the annotation of variants away, so that they are read as the structs that they are:
// Arrow's reader wants them just so, and does not take all that the shredding of other writers gives. The Arrow
// schema that some writers add would ask for it again.
func bareVariants(meta *format.FileMetaData) bool {
	found := false
	for i := range meta.Schema {
		if _, ok := meta.Schema[i].LogicalType.Value.(*format.VariantType); ok {
			meta.Schema[i].LogicalType = format.LogicalType{}
			found = true
		}
	}
	if found {
		meta.KeyValueMetadata = slices.DeleteFunc(meta.KeyValueMetadata, func(kv format.KeyValue) bool { return kv.Key == "ARROW:schema" })
	}
	return found
}

func renameInt96(meta *format.FileMetaData) bool {
	found := false
	for i := range meta.Schema {
		e := &meta.Schema[i]
		if e.Type.Valid && e.Type.V == format.Int96 {
			e.Type.V, e.TypeLength = format.FixedLenByteArray, some[int32](12)
			e.ConvertedType, e.LogicalType = thrift.Null[deprecated.ConvertedType]{}, format.LogicalType{}
			found = true
		}
	}
	if !found {
		return false
	}
	for g := range meta.RowGroups {
		for c := range meta.RowGroups[g].Columns {
			m := &meta.RowGroups[g].Columns[c].MetaData
			if m.Type == format.Int96 {
				m.Type, m.Statistics = format.FixedLenByteArray, format.Statistics{NullCount: m.Statistics.NullCount}
			}
		}
	}
	// The Arrow schema that some writers add would ask for nanoseconds again.
	meta.KeyValueMetadata = slices.DeleteFunc(meta.KeyValueMetadata, func(kv format.KeyValue) bool { return kv.Key == "ARROW:schema" })
	return true
}

// checkChunks refuses a footer that points outside of the file.
func checkChunks(meta *format.FileMetaData, size int64) error {
	leaves := 0
	for i, e := range meta.Schema {
		if i > 0 && e.NumChildren.V == 0 {
			leaves++
		}
	}
	for g, rg := range meta.RowGroups {
		if rg.NumRows < 0 || len(rg.Columns) != leaves {
			return fmt.Errorf("row group %d has %d columns and %d rows where the schema has %d columns", g, len(rg.Columns), rg.NumRows, leaves)
		}
		for c := range rg.Columns {
			start, end := chunkRange(&rg.Columns[c].MetaData)
			if start < 0 || end < start || end > size {
				return fmt.Errorf("column %d of row group %d lies at %d to %d of %d bytes", c, g, start, end, size)
			}
		}
	}
	return nil
}

// chunkRange is where a column chunk lies in the file.
func chunkRange(m *format.ColumnMetaData) (start, end int64) {
	start = m.DataPageOffset
	if m.DictionaryPageOffset > 0 && m.DictionaryPageOffset < start {
		start = m.DictionaryPageOffset
	}
	return start, start + m.TotalCompressedSize
}
