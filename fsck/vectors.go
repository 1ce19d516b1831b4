package fsck

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
)

// each runs look for the live files that want it, several at once, and reports what they find from this goroutine.
func (c *check) each(ctx context.Context, wanted func(*action.Add) bool, look func(context.Context, *action.Add) ([]Finding, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan []Finding)
	done := make(chan error, 1)
	go func() {
		defer close(results)
		done <- c.spread(ctx, wanted, func(ctx context.Context, a *action.Add) error {
			found, err := look(ctx, a)
			if len(found) > 0 {
				select {
				case results <- found:
				case <-ctx.Done():
				}
			}
			return err
		})
	}()
	var stopped error
	for found := range results { // to its end, so that all goroutines have ended
		for _, f := range found {
			if stopped == nil {
				stopped = c.found(f)
			}
		}
		if stopped != nil {
			cancel()
		}
	}
	if stopped != nil {
		return stopped
	}
	return <-done
}

func (c *check) spread(ctx context.Context, wanted func(*action.Add) bool, work func(context.Context, *action.Add) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.o.Parallelism)
	var failed error
	for add, err := range c.s.Files(ctx) {
		if err != nil {
			failed = err
			break
		}
		if wanted(add) {
			g.Go(func() error { return work(ctx, add) })
		}
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return failed
}

// vectors reads all deletion vectors.
func (c *check) vectors(ctx context.Context) error {
	return c.each(ctx, func(a *action.Add) bool { return a.DeletionVector != nil }, c.vector)
}

func (c *check) vector(ctx context.Context, a *action.Add) ([]Finding, error) {
	d := a.DeletionVector
	b, err := deletionvector.Read(ctx, func(string) (objstore.Store, string, error) { return c.t.LocateVector(ctx, d) }, d)
	const do = "restore its file from a copy, or a version of the table without it; without the vector deleted rows would come back"
	broken := new(deletionvector.CorruptError)
	switch {
	case errors.Is(err, objstore.ErrNotExist):
		file, _ := deletionvector.Path(d)
		return []Finding{{Kind: MissingVector, Path: file, What: "the deletion vector of " + a.Path + " is not in the store", Do: do}}, nil
	case errors.As(err, &broken):
		return []Finding{{Kind: BrokenVector, Path: a.Path, What: broken.Error(), Do: do}}, nil
	case err != nil:
		return nil, err
	}
	if n, ok := c.rows(a); ok && b.Cardinality() > 0 {
		if last, _ := b.Max(); last >= uint64(n) {
			return []Finding{{Kind: BrokenVector, Path: a.Path, What: fmt.Sprintf("its deletion vector deletes row %d of %d", last, n), Do: do}}, nil
		}
	}
	return nil, nil
}

// rows is how many rows a file has by its statistics.
func (c *check) rows(a *action.Add) (int64, bool) {
	if a.Stats == nil {
		return 0, false
	}
	f, err := c.stats.Decode(*a.Stats)
	if err != nil || f.NumRecords < 0 {
		return 0, false
	}
	return f.NumRecords, true
}
