package datafile

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// page is a data page of a column chunk.
type page struct {
	rows   Range // of the row group
	values int64
	extent // its header too
}

// chunkPages are the pages of a column chunk.
type chunkPages struct {
	dictionary extent // empty where there is none
	data       []page
}

var errPages = errors.New("its pages do not add up")

// pagesOf finds the pages of a column chunk by their headers, without looking at what they hold. Pages that do not tell how
// many rows they have (those of version 1 of repeated columns) count as one.
func (s *scan) pagesOf(m *format.ColumnMetaData, rows int64, repeated bool) (chunkPages, error) {
	var out chunkPages
	at, end := chunkRange(m)
	var row, values int64
	for values < m.NumValues {
		h, size, err := s.pageHeader(at, end)
		if err != nil {
			return out, err
		}
		e := extent{at, at + size + int64(h.CompressedPageSize)}
		if at = e.end; h.CompressedPageSize < 0 || at > end {
			return out, errPages
		}
		var n, of int64
		switch h.Type {
		case format.DictionaryPage:
			out.dictionary = e
			continue
		case format.DataPage:
			of = int64(h.DataPageHeader.V.NumValues)
			if n = of; repeated {
				n = 0
			}
		case format.DataPageV2:
			n, of = int64(h.DataPageHeaderV2.V.NumRows), int64(h.DataPageHeaderV2.V.NumValues)
		default:
			continue
		}
		if of < 0 || n < 0 {
			return out, errPages
		}
		out.data = append(out.data, page{Range{row, row + n}, of, e})
		row, values = row+n, values+of
	}
	if repeated && row == 0 && len(out.data) > 0 {
		out.data, row = []page{{Range{0, rows}, values, extent{out.data[0].start, at}}}, rows
	}
	if row != rows || values != m.NumValues {
		return out, errPages
	}
	return out, nil
}

// pageHeader reads the header of a page and tells its size.
func (s *scan) pageHeader(at, end int64) (h format.PageHeader, size int64, err error) {
	for n := int64(256); ; n *= 16 {
		n = min(n, end-at)
		if n <= 0 {
			return h, 0, errPages
		}
		s.header = slices.Grow(s.header[:0], int(n))[:n]
		if _, err := s.windows.ReadAt(s.header, at); err != nil {
			return h, 0, err
		}
		r := new(thrift.CompactProtocol).NewReaderFromBytes(s.header)
		err := thrift.NewDecoder(r).Decode(&h)
		if err == nil {
			left := r.Reader().(interface{ Len() int }).Len()
			return h, n - int64(left), nil
		}
		if n == end-at || n > 1<<20 {
			return h, 0, fmt.Errorf("page header: %w", err)
		}
		h = format.PageHeader{}
	}
}

// wholePages gives the rows of all pages that hold any of the wanted ones, and so that each of several leaves has them in whole pages.
func wholePages(want []Range, leaves []chunkPages) []Range {
	for {
		grown := want
		for _, l := range leaves {
			grown = l.grow(grown)
		}
		if slices.Equal(grown, want) {
			return want
		}
		want = grown
	}
}

// grow gives the rows of the pages that hold any of the wanted ones.
func (c chunkPages) grow(want []Range) []Range {
	var out []Range
	for _, p := range c.data {
		for len(want) > 0 && want[0].To <= p.rows.From {
			want = want[1:]
		}
		if len(want) > 0 && want[0].From < p.rows.To && p.rows.rows() > 0 {
			out = join(out, p.rows, 0)
		}
	}
	return out
}

// in gives the pages of whole pages' rows.
func (c chunkPages) in(rows []Range) []page {
	var out []page
	for _, p := range c.data {
		for len(rows) > 0 && rows[0].To <= p.rows.From {
			rows = rows[1:]
		}
		if len(rows) > 0 && rows[0].From <= p.rows.From {
			out = append(out, p)
		}
	}
	return out
}
