// Package datafile writes and reads the Parquet files of a table. It owns how rows lie in a file:
// pages, dictionaries, row groups, compression, the footer, and the statistics that come with it.
// It knows neither the log nor where a file belongs.
//
// # Writing
//
// Encoding was the largest part of the bill of an append, so pages are made here, straight from
// Arrow's memory, and only the structures of page headers and footer come from a library. Every
// column of a row group is a chunk: an [encoder] for values, levels beside it, and finished pages
// that wait in blocks for their turn in the file.
//
//   - A column without nulls costs one run of levels per page.
//   - Strings that come as Arrow dictionaries become one dictionary per row group. A table leads
//     from the batch's indices to the row group's, so that only values that are new in a batch are
//     hashed, 32 look-ups waiting for memory at a time.
//   - Other strings are looked at first: those that repeat get a dictionary, the rest is PLAIN.
//     Numbers get one only if few are different, because a look-up costs more than four or eight bytes.
//     A dictionary that turns out to be no gain is given up within the row group.
//   - Bounds are kept while encoding: of a dictionary its distinct values are looked at, of strings
//     mostly the first 8 bytes.
//   - The first page of a PLAIN chunk decides about its compression: none where it hardly shrinks, and
//     with zstd no search for repeats where literals alone do as well (UUIDs, at three times the speed).
//   - Buffers, dictionaries and blocks are pooled, across row groups and files.
//
// Pages are data pages of version 1 in PLAIN, RLE and RLE_DICTIONARY only, which every reader takes:
// files were compared value by value in Spark 4.2, delta-rs 1.6, DuckDB 1.5 and pyarrow 26. Nested
// columns go the same way after [node.shred] has taken them apart.
//
// An open file holds about [DefaultRowGroupBytes] of finished pages, and a page and a dictionary of
// at most 4 MiB for each column.
//
// Measured on 1,048,576 shop events of 9 columns in batches of 16,384, rows per second and core with
// statistics (BenchmarkWriter; the same machine, busy with other work):
//
//	                             strings as dictionaries    plain strings    bytes per row
//	Arrow's writer, snappy       1.1 million                1.1 million      64, 55
//	parquet-go, typed, snappy    1.7 million (measured before)
//	this package, no codec      10.5 million                7.9 million      66, 75
//	this package, snappy         7.3 million                5.1 million      58, 60
//	this package, lz4_raw        2.8 million                2.3 million      53, 54
//	this package, zstd           3.8 million                2.7 million      34, 34
//
// Arrow's snappy and lz4_raw look harder for repeats and are slower for it. zstd is the default: the
// protocol asks for it, and it is the one that makes files small.
//
// # Reading
//
// [Open] takes the footer with one request. [Reader.Batches] skips row groups by the footer's
// bounds, fetches the wanted columns of a row group in few requests within a budget of memory, and
// leaves the decoding to Arrow's reader; what other writers did differently is put right by
// arrowmap.
//
// Where only some rows are wanted, of a row group with other ones too Arrow's reader is shown a smaller one (cut.go): each
// column has the pages with wanted rows and no others. 50,000 rows in one place of a file as above take a tenth of the
// processor time of all of them, in ten places half (BenchmarkOnly).
package datafile
