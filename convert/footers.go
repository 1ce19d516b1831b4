package convert

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// footers reads the footer of each file.
type footers struct {
	store objstore.Store
	opts  Options
	props txlog.Properties

	mu     sync.Mutex
	shapes map[string]*shape // by their JSON: most files have the same
}

// read fills in the files and gives their shapes in the order of the files.
func (r *footers) read(ctx context.Context, files []*file) ([]*shape, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opts.Parallelism)
	for _, f := range files {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return r.one(ctx, f) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var shapes []*shape
	seen := map[*shape]bool{}
	for _, f := range files {
		if !seen[f.shape] {
			seen[f.shape], f.shape.file = true, f.key
			shapes = append(shapes, f.shape)
		}
	}
	return shapes, nil
}

func (r *footers) one(ctx context.Context, f *file) error {
	d, err := datafile.Open(ctx, r.store, f.key)
	if err != nil {
		return &FileError{Key: f.key, Err: err}
	}
	columns, err := d.Schema()
	if err != nil {
		return &FileError{Key: f.key, Err: err}
	}
	if d.Size() != f.size {
		return &FileError{Key: f.key, Err: fmt.Errorf("it has changed while it was read: %d bytes, now %d", f.size, d.Size())}
	}
	f.rows, f.shape = d.NumRows(), r.intern(columns)
	if r.opts.NoStatistics {
		return nil
	}
	text, err := r.statistics(ctx, d, f.shape.columns)
	if err != nil {
		return &FileError{Key: f.key, Err: err}
	}
	f.stats = &text
	return nil
}

func (r *footers) intern(columns *schema.Struct) *shape {
	columns = nullable(columns).(*schema.Struct)
	key := columns.JSON()
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.shapes[key]
	if !ok {
		s = &shape{columns: columns}
		r.shapes[key] = s
	}
	return s
}

// statistics puts those of the row groups together.
func (r *footers) statistics(ctx context.Context, d *datafile.Reader, columns *schema.Struct) (string, error) {
	selected := stats.First(columns, r.props.IndexedColumns())
	if list, ok := r.props.StatsColumns(); ok {
		named, err := stats.Named(columns, list)
		if err != nil {
			return "", err
		}
		selected = named
	}
	var all *stats.File
	for _, err := range d.Rows(ctx, datafile.ReadOptions{Schema: columns, Keep: func(g *stats.File) bool {
		all = together(all, g)
		return false
	}}) {
		if err != nil {
			return "", err
		}
	}
	out := &stats.File{NumRecords: d.NumRows()}
	if all != nil {
		for _, c := range all.Columns {
			if selected.Has(c.Path) {
				if (c.Type == schema.Float || c.Type == schema.Double) && !countsNaN(d.CreatedBy()) {
					c.Max = nil
				}
				out.Columns = append(out.Columns, c)
			}
		}
	}
	return out.Encode(), nil
}

// countsNaN says whether a writer's greatest number of a row group is NaN where there is one. Most leave NaN out, as Parquet asks; for
// Delta it is above all numbers, so what they call the greatest is none. Spark's CONVERT trusts the same (writerIncludesNaNInFloatingPointStats).
func countsNaN(createdBy string) bool { return strings.HasPrefix(createdBy, "parquet-mr") }

// together are the statistics of two parts of a file. What is not known of a part is not known of both.
func together(a, b *stats.File) *stats.File {
	if a == nil {
		return b
	}
	out := &stats.File{NumRecords: a.NumRecords + b.NumRecords}
	for _, c := range a.Columns {
		o, ok := b.Column(c.Path...)
		if !ok {
			continue
		}
		if c.NullCount >= 0 && o.NullCount >= 0 {
			c.NullCount += o.NullCount
		} else {
			c.NullCount = -1
		}
		// A part of nothing but nulls has no bounds and takes none away.
		switch {
		case o.Min == nil && o.Max == nil && o.NullCount == b.NumRecords:
		case c.Min == nil && c.Max == nil && a.NumRecords == mustNulls(a, c.Path):
			c.Min, c.Max = o.Min, o.Max
		default:
			c.Min, c.Max = least(c.Min, o.Min), greatest(c.Max, o.Max)
		}
		out.Columns = append(out.Columns, c)
	}
	return out
}

func mustNulls(f *stats.File, path []string) int64 {
	c, _ := f.Column(path...)
	return c.NullCount
}

func least(a, b any) any {
	if a == nil || b == nil || scalar.Compare(a, b) <= 0 {
		return both(a, b)
	}
	return b
}

func greatest(a, b any) any {
	if a == nil || b == nil || scalar.Compare(a, b) >= 0 {
		return both(a, b)
	}
	return b
}

// both is a, or nil where one of them is not known.
func both(a, b any) any {
	if b == nil {
		return nil
	}
	return a
}
