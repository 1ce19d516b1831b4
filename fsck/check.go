package fsck

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"time"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Options of a check.
type Options struct {
	// Deep reads each data file: footer, rows against statistics; and each commit and checkpoint whole. Else only the store's
	// listing, the log, and deletion vectors are read.
	Deep bool
	// Parallelism is how many files are read at once; 0: 8.
	Parallelism int
	Now         func() time.Time
}

func (o Options) withDefaults() Options {
	o.Parallelism = cmp.Or(o.Parallelism, 8)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Check yields what is wrong with the version that t stands at, as it is found. The first error ends the sequence: those of the store
// and of ctx, and of a log that cannot be read at all.
func Check(ctx context.Context, t *table.Table, o Options) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		c := newCheck(t, o.withDefaults(), func(f Finding) bool { return yield(f, nil) })
		if err := c.run(ctx); err != nil && !errors.Is(err, errEnough) {
			yield(Finding{}, err)
		}
	}
}

// errEnough ends a check whose caller wants no more.
var errEnough = errors.New("enough")

// check is one run.
type check struct {
	t    *table.Table
	s    *txlog.Snapshot
	o    Options
	emit func(Finding) bool

	files     *fileSet
	elsewhere bool // some live files are not below the table
	columns   []column
	stats     *stats.Decoder
	parts     []schema.Field // partition columns; Name is physical
	ids       *rowIDs
	log       logFiles
}

func newCheck(t *table.Table, o Options, emit func(Finding) bool) *check {
	s := t.Snapshot()
	c := &check{t: t, s: s, o: o, emit: emit, files: newFileSet(), ids: newRowIDs(s)}
	data := &schema.Struct{}
	for _, f := range s.Schema().Fields {
		if i := indexFold(s.Metadata().PartitionColumns, f.Name); i >= 0 {
			continue
		}
		data.Fields = append(data.Fields, f)
	}
	for _, name := range s.Metadata().PartitionColumns {
		if f := s.Schema().Field(name); f != nil {
			p := *f
			if s.Mapping() != schema.MappingNone {
				p.Name = f.PhysicalName()
			}
			c.parts = append(c.parts, p)
		}
	}
	c.columns = columnsOf(data, s.Mapping())
	c.stats = stats.NewDecoder(data.Physical(s.Mapping()), nil)
	return c
}

// found reports a finding.
func (c *check) found(f Finding) error {
	if !c.emit(f) {
		return errEnough
	}
	return nil
}

func (c *check) run(ctx context.Context) error {
	if err := c.readLog(ctx); err != nil {
		return err
	}
	if err := c.list(ctx); err != nil {
		return err
	}
	if err := c.missing(ctx); err != nil {
		return err
	}
	if err := c.vectors(ctx); err != nil {
		return err
	}
	if err := c.checkLog(ctx); err != nil {
		return err
	}
	if err := c.ids.report(c); err != nil || !c.o.Deep {
		return err
	}
	return c.deep(ctx)
}
