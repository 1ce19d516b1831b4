package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/objstore"
)

// State is what a checkpoint says about a query.
type State struct {
	// Start is where the query began; nil where that is not recorded.
	Start map[string]int64
	// Last is the newest batch that was begun; nil before the first.
	Last *Batch
	// Committed is the newest batch that is in the sink; -1 before the first.
	Committed int64
	// At is where the newest committed batch ended; nil before the first.
	At map[string]int64
}

// Pending says whether the newest batch was begun but not committed.
func (s State) Pending() bool { return s.Last != nil && s.Last.ID > s.Committed }

// Load reads the newest state. Errors: *CorruptError; those of the store.
func (c *Checkpoint) Load(ctx context.Context) (State, error) {
	s, err := c.load(ctx)
	if err != nil {
		return State{}, fmt.Errorf("load checkpoint: %w", err)
	}
	return s, nil
}

func (c *Checkpoint) load(ctx context.Context) (State, error) {
	last, committed, err := c.newest(ctx)
	if err != nil {
		return State{}, err
	}
	s := State{Committed: committed}
	data, _, err := objstore.ReadAll(ctx, c.store, keyStart)
	switch {
	case errors.Is(err, objstore.ErrNotExist):
	case err != nil:
		return State{}, err
	default:
		if s.Start, err = c.decodeStart(data); err != nil {
			return State{}, err
		}
	}
	if last >= 0 {
		b, err := c.batch(ctx, last, last == committed)
		if err != nil {
			return State{}, err
		}
		s.Last = &b
	}
	if committed < 0 {
		return s, nil
	}
	if committed == last {
		s.At = s.Last.To
		return s, nil
	}
	b, err := c.batch(ctx, committed, true)
	if err != nil {
		return State{}, err
	}
	s.At = b.To
	if s.Last.From == nil {
		s.Last.From = b.To
	}
	return s, nil
}

// newest gives the newest batch of each log. The commit log is listed first: another process may
// advance both in between, and is then seen to be ahead in the offset log, never behind.
func (c *Checkpoint) newest(ctx context.Context) (last, committed int64, err error) {
	for range newestAttempts {
		var firstCommit, first int64
		if firstCommit, committed, err = c.ends(ctx, dirCommits); err != nil {
			return -1, -1, err
		}
		if first, last, err = c.ends(ctx, dirOffsets); err != nil {
			return -1, -1, err
		}
		c.purged = max(min(first, firstCommit), 0)
		if last == committed || last == committed+1 {
			return last, committed, nil
		}
	}
	return -1, -1, &CorruptError{c.Location(), offsetsKey(committed + 1), fmt.Errorf("the offset log ends with batch %d, the commit log with batch %d", last, committed),
		"files were deleted; delete the whole checkpoint, the query then goes on from the sink's own positions where it holds any"}
}

// newestAttempts is how often the logs are listed while another process advances them.
const newestAttempts = 5

// batch reads entry id of the offset log.
func (c *Checkpoint) batch(ctx context.Context, id int64, committed bool) (Batch, error) {
	data, _, err := objstore.ReadAll(ctx, c.store, offsetsKey(id))
	if err != nil {
		return Batch{}, err
	}
	b, err := decodeBatch(id, data)
	if err == nil {
		return b, nil
	}
	remedy := "delete the file, and the batch is planned anew (a sink that holds no positions may get some of its rows again)"
	if committed {
		remedy = "delete the whole checkpoint, the query then goes on from the sink's own positions where it holds any"
	}
	return Batch{}, &CorruptError{c.Location(), offsetsKey(id), err, remedy}
}

// ends gives the lowest and the highest batch number below dir; -1 where there is none. Files that
// are not numbers (Spark leaves checksums and temporary files) do not count.
func (c *Checkpoint) ends(ctx context.Context, dir string) (lowest, highest int64, err error) {
	lowest, highest = -1, -1
	for info, err := range c.store.List(ctx, dir, "") {
		if err != nil {
			return -1, -1, err
		}
		name := strings.TrimPrefix(info.Key, dir)
		n, err := strconv.ParseInt(name, 10, 64)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != name {
			continue
		}
		if lowest < 0 || n < lowest {
			lowest = n
		}
		highest = max(highest, n)
	}
	return lowest, highest, nil
}
