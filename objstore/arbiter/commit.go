package arbiter

import (
	"bytes"
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
	copied, err := s.place(ctx, p, e)
	if errors.Is(err, objstore.ErrPrecondition) {
		// Were this entry left incomplete, the temporary file could be put there once the log is cleaned up.
		return objstore.Info{}, errors.Join(err, s.entries.put(ctx, e.completed(s.opts.Now(), s.opts.TTL), false))
	}
	if err == nil {
		out.ModTime, out.ETag = copied.ModTime, copied.ETag
		err = s.entries.put(ctx, e.completed(s.opts.Now(), s.opts.TTL), false)
	}
	if err != nil {
		s.opts.Logger.Info("a commit is made, and its last steps are left to the next reader", "table", s.URL(), "commit", p.key(), "error", err)
	}
	return out, nil
}

// place copies the temporary file to the commit, where nobody has. A file that is there and says something else was committed by an
// entry that has expired since the first look (this writer slept, or the time to live is short): that stays, and the error is
// objstore.ErrPrecondition.
func (s *Store) place(ctx context.Context, p place, e entry) (objstore.Info, error) {
	there, err := s.there(ctx, p.key())
	if err != nil {
		return objstore.Info{}, err
	}
	if !there {
		return s.copy(ctx, p, e)
	}
	theirs, info, err := objstore.ReadAll(ctx, s.inner, p.key())
	if err != nil {
		return objstore.Info{}, err
	}
	mine, _, err := objstore.ReadAll(ctx, s.inner, p.table+logDir+e.tempPath)
	switch {
	case errors.Is(err, objstore.ErrPrecondition): // of reading; it says nothing of the commit
		return objstore.Info{}, errors.New(err.Error())
	case err != nil:
		return objstore.Info{}, err
	case !bytes.Equal(theirs, mine):
		return objstore.Info{}, fmt.Errorf("%w: it was made by another writer whose entry has expired", objstore.ErrPrecondition)
	}
	return info, nil
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
		// The mark must be set too: nobody looks at this entry again once there is a newer one, but a Get after the commit was cleaned up.
		unmarked, err := s.recover(ctx, p.table, e)
		if err == nil {
			err = unmarked
		}
		return err
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
	_, err = s.recover(ctx, p.table, e)
	return true, err
}

// recover does the last steps of a commit in its writer's place. unmarked says why the entry could not be marked complete; the commit is
// there all the same, which is what a reader needs.
func (s *Store) recover(ctx context.Context, table string, e entry) (unmarked, err error) {
	s.recovering.Lock()
	defer s.recovering.Unlock()
	p := place{table, e.fileName}
	there, err := s.there(ctx, p.key())
	if err == nil && !there {
		_, err = s.copy(ctx, p, e)
	}
	if err != nil {
		return nil, fmt.Errorf("recover the commit %s that another writer prepared as %s: %w", p.key(), e.tempPath, err)
	}
	if unmarked = s.entries.put(ctx, e.completed(s.opts.Now(), s.opts.TTL), false); unmarked != nil {
		s.opts.Logger.Info("a recovered commit could not be marked complete", "table", s.URL(), "commit", p.key(), "error", unmarked)
	}
	return unmarked, nil
}
