package datafile

import (
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Options say how a file is written. The zero Options are good for a table without properties.
type Options struct {
	// Codec is what pages are compressed with, by the names of delta.parquet.compression.codec;
	// empty is [DefaultCodec]. A column that does not shrink is left uncompressed.
	Codec string
	// Stats are the columns with bounds and null counts in the result; nil: the first
	// [stats.DefaultIndexed].
	Stats *stats.Selection
	// RowGroupBytes ends a row group once about so many encoded bytes are held in memory;
	// 0: DefaultRowGroupBytes.
	RowGroupBytes int64
	// RowGroupRows ends a row group after so many rows; 0: DefaultRowGroupRows.
	RowGroupRows int64
	// PageBytes ends a page at about so many bytes; 0: 1 MiB, or less where a file has many columns.
	PageBytes int
	// FieldIDs writes the ids of column mapping, which the fields of the schema have in their metadata, as
	// field_id at every level; the names of the schema are the physical ones then.
	FieldIDs bool
	// CreatedBy names the writer in the footer; empty: "ingestd".
	CreatedBy string
}

// Defaults of [Options].
const (
	DefaultRowGroupBytes = 32 << 20
	DefaultRowGroupRows  = 1 << 20
)

func (o Options) withDefaults(s *schema.Struct, leaves int) Options {
	if o.Stats == nil {
		first := stats.First(s, stats.DefaultIndexed)
		o.Stats = &first
	}
	if o.RowGroupBytes <= 0 {
		o.RowGroupBytes = DefaultRowGroupBytes
	}
	if o.RowGroupRows <= 0 {
		o.RowGroupRows = DefaultRowGroupRows
	}
	if o.PageBytes <= 0 {
		// The pages in hand of all columns together are a small part of a row group.
		o.PageBytes = min(1<<20, max(16<<10, int(o.RowGroupBytes)/4/max(1, leaves)))
	}
	if o.CreatedBy == "" {
		// The form that Parquet's own readers parse: name, version, build.
		o.CreatedBy = "ingestd version 0.1.0 (build unknown)"
	}
	return o
}
