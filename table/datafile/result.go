package datafile

import (
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// stats gives the statistics for the log, of the columns that were selected.
func (w *Writer) stats() *stats.File {
	f := &stats.File{NumRecords: w.total}
	var visit func(n *node)
	visit = func(n *node) {
		switch n.typ.(type) {
		case *schema.Struct:
			for _, c := range n.children {
				visit(c)
			}
			return
		}
		if !w.opts.Stats.Has(n.path) {
			return
		}
		c := stats.Column{Path: n.path, Type: n.typ, NullCount: n.nulls}
		switch {
		case n.leaf != nil:
			chunk := w.chunks[n.leaf.index]
			c.NullCount = chunk.fileNulls
			c.Min, c.Max = chunk.enc.fileBounds()
		case n.typ == schema.Variant:
			// A variant is null where its parts are; null counts of structs are not kept.
			c.NullCount = w.chunks[n.children[0].leaf.index].fileNulls
		}
		f.Columns = append(f.Columns, c)
	}
	for _, n := range w.layout.fields {
		visit(n)
	}
	return f
}
