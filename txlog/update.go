package txlog

import (
	"context"
	"errors"
	"time"

	"github.com/ingestd/ingestd/objstore"
)

// staleAfter is the age from which a snapshot does not trust that the commit after it is absent
// because it was not made: it may have been cleaned up, and this process have slept.
const staleAfter = time.Hour

// stale says whether commits after the snapshot may have been cleaned up since it was known to be the newest. A
// snapshot of time travel never was.
func (s *Snapshot) stale(now time.Time) bool {
	seen := s.seen.Load()
	return seen == 0 || now.UnixNano()-seen > int64(min(staleAfter, s.props.LogRetention()/2))
}

// Update is the newest version, or s itself where that is the newest. It gets the commits after s,
// one by one, and never lists, unless s is so old that they may have been cleaned up.
// Errors: as [Log.Snapshot].
func (s *Snapshot) Update(ctx context.Context) (*Snapshot, error) {
	now := s.log.opts.Now()
	if s.stale(now) {
		newest, err := s.log.Snapshot(ctx)
		if err != nil || newest.version != s.version || newest.state.metadata.ID != s.state.metadata.ID {
			return newest, err
		}
		s.seen.Store(now.UnixNano())
		return s, nil
	}
	cur := s
	for {
		c, err := s.log.fetch(ctx, cur.version+1)
		if errors.Is(err, objstore.ErrNotExist) {
			cur.seen.Store(now.UnixNano())
			return cur, nil
		}
		if err != nil {
			return nil, err
		}
		if cur, err = cur.after(c); err != nil {
			return nil, err
		}
	}
}
