package txlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/checksum"
)

// maxTxnsInChecksum is how many txns a version checksum file lists; where there are more it tells none, as Spark has it.
const maxTxnsInChecksum = 100

// readChecksum reads the version checksum file of a version; nil where there is none that can be read, which harms
// nothing. Errors: those of the store.
func (l *Log) readChecksum(ctx context.Context, version int64) (*checksum.Checksum, error) {
	c, err := l.parseChecksum(ctx, version)
	if errors.Is(err, objstore.ErrNotExist) || errors.As(err, new(*ChecksumError)) {
		return nil, nil
	}
	return c, err
}

func (l *Log) parseChecksum(ctx context.Context, version int64) (*checksum.Checksum, error) {
	body, _, err := l.store.Get(ctx, checksumKey(version), objstore.Range{Length: checksum.MaxSize + 1})
	if err != nil {
		if errors.Is(err, objstore.ErrRange) { // it is empty
			err = l.badChecksum(version, errEmptyFile)
		}
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", checksumKey(version), err)
	}
	c, err := checksum.Parse(text)
	if err != nil {
		return nil, l.badChecksum(version, err)
	}
	return c, nil
}

func (l *Log) badChecksum(version int64, err error) error {
	return &ChecksumError{URL: l.store.URL(), Key: checksumKey(version), Version: version, Err: err}
}

// writeChecksum writes the version checksum file of the version, unless there is one: it is never overwritten.
func (s *Snapshot) writeChecksum(ctx context.Context, t checksum.Totals) error {
	c := s.checksum()
	c.Totals = t
	if len(c.Txns) > maxTxnsInChecksum {
		c.Txns = nil
	}
	text, err := c.Encode()
	if err != nil {
		return err
	}
	_, err = s.log.store.Put(ctx, checksumKey(s.version), objstore.Bytes(text), objstore.Cond{IfAbsent: true})
	if errors.Is(err, objstore.ErrPrecondition) {
		return nil
	}
	return err
}

// checksumHook writes the version checksum file of a version that was just committed, from the one before it and the
// commit. Where those do not prove the totals nothing is written; the next checkpoint knows them again.
type checksumHook struct {
	s      *Snapshot
	commit rawCommit
}

func (h *checksumHook) Name() string { return "version checksum" }

func (h *checksumHook) Run(ctx context.Context) error {
	t, ok, err := h.s.deriveTotals(ctx, &h.commit)
	if err != nil || !ok {
		return err
	}
	h.s.log.remember(&knownTotals{h.s.version, h.s.state.metadata.ID, t})
	return h.s.writeChecksum(ctx, t)
}

// ChecksumError says that a version checksum file cannot be read, or contradicts the log. One of the two was changed by
// something that does not keep to the protocol, or is damaged. The table can still be read.
type ChecksumError struct {
	URL        string
	Key        string
	Version    int64
	Mismatches []checksum.Mismatch
	Err        error // why it cannot be read; nil where it can
}

// Error tells the file and what is wrong.
func (e *ChecksumError) Error() string {
	what := ""
	if e.Err != nil {
		what = e.Err.Error()
	}
	for _, m := range e.Mismatches {
		what += "; " + m.String()
	}
	return fmt.Sprintf("version checksum %s of %s does not hold: %s; compare the log with a copy that is trusted, and delete the file if the log is right",
		e.Key, e.URL, strings.TrimPrefix(what, "; "))
}

// Unwrap is the cause.
func (e *ChecksumError) Unwrap() error { return e.Err }

// VerifyChecksum compares the version checksum file of the version with what the log gives. It reads all live files.
// Without such a file there is nothing to compare, and it is nil. Errors: *ChecksumError; those of [Snapshot.Files].
func (s *Snapshot) VerifyChecksum(ctx context.Context) error {
	c, err := s.log.parseChecksum(ctx, s.version)
	if errors.Is(err, objstore.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	bad := c.CompareState(s.checksum())
	listed := map[fileKey]bool{}
	for _, a := range c.AllFiles {
		listed[keyOf([]byte(a.Path), a.DeletionVector.UniqueID())] = true
	}
	t, missing := checksum.Empty(), 0
	for a, err := range s.apart().Files(ctx) {
		if err != nil {
			return err
		}
		t.Add(a.Size, a.DeletionVector)
		if c.AllFiles != nil {
			key := keyOf([]byte(a.Path), a.DeletionVector.UniqueID())
			if !listed[key] {
				missing++
			}
			delete(listed, key)
		}
	}
	bad = append(bad, c.CompareTotals(t)...)
	if missing+len(listed) > 0 {
		bad = append(bad, checksum.Mismatch{Field: "allFiles", Recorded: fmt.Sprintf("with %d files that are not live", len(listed)),
			Computed: fmt.Sprintf("with %d files that it does not list", missing)})
	}
	if len(bad) > 0 {
		return &ChecksumError{URL: s.log.store.URL(), Key: checksumKey(s.version), Version: s.version, Mismatches: bad}
	}
	return nil
}
