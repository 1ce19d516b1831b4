package arbiter

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ingestd/ingestd/objstore"
)

// commit makes a version, or says that another writer has it.
func (s *Store) commit(ctx context.Context, p place, b objstore.Body) (objstore.Info, error) {
	if there, err := s.there(ctx, p.key()); err != nil {
		return objstore.Info{}, err
	} else if there {
		return objstore.Info{}, objstore.ErrPrecondition
	}
	if err := s.ready(ctx, p); err != nil {
		return objstore.Info{}, err
	}
	e := entry{tablePath: s.tablePath(p.table), fileName: p.fileName, tempPath: ".tmp/" + p.fileName + "." + s.opts.NewID()}
	info, err := s.inner.Put(ctx, p.table+logDir+e.tempPath, b, objstore.Cond{})
	if err != nil {
		return objstore.Info{}, fmt.Errorf("prepare the commit: %w", nothingCommitted(err))
	}
	if err := s.claim(ctx, p, e); err != nil {
		return objstore.Info{}, err
	}
	// From here on it is committed. What fails now is done by whoever reads the version next.
	out := objstore.Info{Key: p.key(), Size: info.Size}
	copied, err := s.copy(ctx, p, e)
	if err == nil {
		out.ModTime, out.ETag = copied.ModTime, copied.ETag
		err = s.entries.put(ctx, e.completed(s.opts.Now(), s.opts.TTL), false)
	}
	if err != nil {
		s.opts.Logger.Info("a commit is made, and its last steps are left to the next reader", "table", s.URL(), "commit", p.key(), "error", err)
	}
	return out, nil
}

// nothingCommitted takes the doubt off a put of a temporary file: nobody will ever look at it.
func nothingCommitted(err error) error {
	if errors.Is(err, objstore.ErrOutcomeUnknown) {
		return fmt.Errorf("the temporary file may or may not be there, and is of no commit: %s", err.Error())
	}
	return err
}

// ready makes sure that the version before is there, so that the log has no gap even to those that know no arbiter; and of a first
// version, that no entries are left of a table that was there.
func (s *Store) ready(ctx context.Context, p place) error {
	before, ok := p.previous()
	if !ok {
		e, found, err := s.entries.get(ctx, s.tablePath(p.table), p.fileName)
		if err == nil && found {
			err = s.lost(ctx, p, e, nil)
		}
		return err
	}
	e, found, err := s.entries.get(ctx, s.tablePath(p.table), before.fileName)
	if err != nil {
		return err
	}
	if found && !e.complete {
		return s.recover(ctx, p.table, e)
	}
	there, err := s.there(ctx, before.key())
	if err == nil && !there {
		err = &PreviousError{Key: p.key(), Previous: before.key()}
	}
	return err
}

// claim puts the entry, which is the commit. Where an answer was lost it asks whose the entry is; where there is none yet
// it tries again, for at most one of the attempts can take effect and all of them are of this commit.
func (s *Store) claim(ctx context.Context, p place, e entry) error {
	doubt := false
	wait := firstWait
	for n := 1; ; n++ {
		err := s.entries.put(ctx, e, true)
		if err == nil {
			return nil
		}
		refused := errors.Is(err, objstore.ErrPrecondition)
		if !refused && !doubt && (errors.Is(err, objstore.ErrPermission) || errors.Is(err, objstore.ErrNotSupported)) {
			return err
		}
		doubt = doubt || !refused
		// A refusal may be the echo of an attempt of ours whose answer was lost.
		found, ok, gerr := s.entries.get(ctx, e.tablePath, e.fileName)
		switch {
		case gerr == nil && ok && found.tempPath == e.tempPath:
			return nil
		case gerr == nil && ok:
			return s.lost(ctx, p, found, err)
		case ctx.Err() != nil || n >= s.opts.MaxAttempts:
			return fmt.Errorf("%w: %w", objstore.ErrOutcomeUnknown, errors.Join(err, gerr))
		}
		if s.opts.Sleep(ctx, wait) != nil {
			return fmt.Errorf("%w: %w", objstore.ErrOutcomeUnknown, errors.Join(err, ctx.Err()))
		}
		wait *= 2
	}
}

// lost is the error where another's entry has the version. A complete one whose commit is not there is of a table that is gone.
func (s *Store) lost(ctx context.Context, p place, winner entry, err error) error {
	if winner.complete {
		if there, herr := s.there(ctx, p.key()); herr == nil && !there {
			return &LeftoverError{Table: s.opts.Table, TablePath: winner.tablePath, FileName: winner.fileName}
		}
	}
	if err == nil {
		return objstore.ErrPrecondition
	}
	if !errors.Is(err, objstore.ErrPrecondition) {
		err = fmt.Errorf("%w: %w", objstore.ErrPrecondition, err)
	}
	return err
}

func (s *Store) there(ctx context.Context, key string) (bool, error) {
	_, err := s.inner.Head(ctx, key)
	if errors.Is(err, objstore.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// copy puts the bytes of the temporary file at the commit. It is idempotent: whoever does it puts the same.
func (s *Store) copy(ctx context.Context, p place, e entry) (objstore.Info, error) {
	temp := p.table + logDir + e.tempPath
	info, err := s.inner.Head(ctx, temp)
	if err != nil {
		return objstore.Info{}, err
	}
	return s.inner.Put(ctx, p.key(), objstore.Body{Size: info.Size, Open: func() (io.ReadCloser, error) {
		rc, _, err := s.inner.Get(ctx, temp, objstore.Range{})
		return rc, err
	}}, objstore.Cond{})
}

// recoverAbsent recovers the commit that key names, where err says that it is not there and DynamoDB that it is being made.
// again says that it is there now.
func (s *Store) recoverAbsent(ctx context.Context, key string, err error) (again bool, _ error) {
	if !errors.Is(err, objstore.ErrNotExist) {
		return false, nil
	}
	p, ok := commitPlace(key)
	if !ok {
		return false, nil
	}
	e, found, err := s.entries.get(ctx, s.tablePath(p.table), p.fileName)
	switch {
	case err != nil:
		return false, err
	case !found:
		return false, nil
	case e.complete:
		// Between the two looks its writer may have ended; else the commit was cleaned up, and Get says so again.
		return true, nil
	}
	return true, s.recover(ctx, p.table, e)
}

// recover does the last steps of a commit in its writer's place.
func (s *Store) recover(ctx context.Context, table string, e entry) error {
	s.recovering.Lock()
	defer s.recovering.Unlock()
	p := place{table, e.fileName}
	there, err := s.there(ctx, p.key())
	if err == nil && !there {
		_, err = s.copy(ctx, p, e)
	}
	if err != nil {
		return fmt.Errorf("recover the commit %s that another writer prepared as %s: %w", p.key(), e.tempPath, err)
	}
	if err := s.entries.put(ctx, e.completed(s.opts.Now(), s.opts.TTL), false); err != nil {
		// The commit is there, which is what a reader needs; the next one will mark it.
		s.opts.Logger.Info("a recovered commit could not be marked complete", "table", s.URL(), "commit", p.key(), "error", err)
	}
	return nil
}
