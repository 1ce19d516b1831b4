package txlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/checkpoint"
)

// fetchers is how many commits are got and read at the same time.
const fetchers = 8

// rawCommit is a commit as it stands in the store.
type rawCommit struct {
	version int64
	text    []byte
	modTime time.Time
	// compacted says that it is the text of a log compaction file, of which version is the last version.
	compacted bool
}

// fetch gets one commit. Errors: objstore.ErrNotExist and others of the store.
func (l *Log) fetch(ctx context.Context, version int64) (rawCommit, error) {
	text, info, err := objstore.ReadAll(ctx, l.store, commitKey(version))
	if err != nil {
		return rawCommit{}, err
	}
	return rawCommit{version: version, text: text, modTime: info.ModTime}, nil
}

// top reads all actions of a commit but those of files.
func (c rawCommit) top() ([]action.Action, error) {
	var out []action.Action
	err := action.Scan(c.text, nil, func(a action.Action) error {
		out = append(out, a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("commit version %d: %w", c.version, err)
	}
	return out, nil
}

// replayed is what one commit adds to the state.
type replayed struct {
	top       []action.Action
	modTime   time.Time
	compacted bool // it is of several commits, whose times and provenance it does not tell
}

func replay(c rawCommit) (replayed, error) {
	top, err := c.top()
	return replayed{top, c.modTime, c.compacted}, err
}

var errNoState = errors.New("it has no protocol or no metaData action")

// load builds the snapshot of a segment: all but its files.
func (l *Log) load(ctx context.Context, seg segment) (*Snapshot, error) {
	s := &Snapshot{log: l, version: seg.version}
	if seg.base != nil {
		top, err := seg.base.Top(ctx, l.store)
		if s.state = s.state.next(top); err == nil && (s.state.protocol == nil || s.state.metadata == nil) {
			err = &checkpoint.CorruptError{Key: seg.base.Files[0].Key, Err: errNoState}
		}
		if err != nil {
			if errors.As(err, new(*checkpoint.CorruptError)) {
				l.distrust(seg.base)
			}
			return nil, err
		}
		l.heardOf(seg.base.Version)
		l.sawTop(seg.base, top)
	}
	commits, err := readSegment(ctx, l, seg, replay)
	if err != nil {
		return nil, err
	}
	for _, c := range commits {
		s.state = s.state.next(c.top)
		s.modTime = c.modTime
	}
	if len(commits) == 0 || commits[len(commits)-1].compacted {
		if err := s.readCommitTime(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.init(); err != nil {
		return nil, err
	}
	return s, nil
}
