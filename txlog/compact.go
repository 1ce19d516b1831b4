package txlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
)

// Compacted says what log compaction file was made.
type Compacted struct {
	From, To int64 // versions, both included
	Files    int   // file actions in it, tombstones included
	Bytes    int64
	Written  bool // false: there was one of that range already, and it stays
}

// CompactError says why commits cannot be put together in a log compaction file.
type CompactError struct {
	URL      string
	From, To int64
	Reason   string
}

// Error tells the range and the reason.
func (e *CompactError) Error() string {
	return fmt.Sprintf("the commits %d to %d of %s cannot be compacted: %s", e.From, e.To, e.URL, e.Reason)
}

// Compact writes a log compaction file: the actions of the commits from one version to another, both included, after
// action reconciliation, so that readers get one file instead of many ("Log Compaction Files"). Tombstones and removed
// domains are kept, for a reader needs them. Commits are neither changed nor deleted, so history and time travel
// stay as they are. One that is there already is left alone. Memory is that of the commits' text.
// Errors: *CompactError; *VersionNotFoundError; feature errors where the table must not be written; those of the store.
func (l *Log) Compact(ctx context.Context, from, to int64) (Compacted, error) {
	out := Compacted{From: from, To: to}
	refuse := func(reason string) (Compacted, error) {
		return out, &CompactError{URL: l.store.URL(), From: from, To: to, Reason: reason}
	}
	if from < 0 || to <= from {
		return refuse("the last version must be greater than the first")
	}
	s, err := l.SnapshotAt(ctx, to)
	if err != nil {
		return out, err
	}
	if err := s.CheckWrite(); err != nil {
		return out, err
	}
	commits, err := readSegment(ctx, l, between(from, to), readWhole)
	if errors.Is(err, objstore.ErrNotExist) {
		return refuse("some of them have been cleaned up")
	}
	if err != nil {
		return out, err
	}
	var st state
	entries := make([][]fileEntry, len(commits))
	for i, c := range commits {
		for _, a := range c.top {
			if u, ok := a.(*action.Unknown); ok {
				return refuse(fmt.Sprintf("there is an action %q, which is not known how to reconcile", u.Key))
			}
		}
		st, entries[i] = st.next(c.top), c.entries
	}
	text, files := compactedText(newLayer(entries...), st)
	out.Files, out.Bytes = files, int64(len(text))
	_, err = l.store.Put(ctx, compactedKey(span{from, to}), objstore.Bytes(text), objstore.Cond{IfAbsent: true})
	if errors.Is(err, objstore.ErrPrecondition) {
		return out, nil
	}
	out.Written = err == nil
	return out, err
}

// between is the commits of a range as a segment, to be read one by one.
func between(from, to int64) segment { return segment{start: from, version: to} }

// wholeCommit is all of a commit that a state is made of.
type wholeCommit struct {
	top     []action.Action
	entries []fileEntry
}

func readWhole(c rawCommit) (w wholeCommit, err error) {
	if w.top, err = c.top(); err == nil {
		w.entries, err = readEntries(c)
	}
	return w, err
}

func compactedText(files *layer, st state) (text []byte, n int) {
	for _, removes := range []bool{false, true} {
		kind := `{"add":`
		if removes {
			kind = `{"remove":`
		}
		for _, e := range files.entries {
			if e.body != nil && e.remove == removes {
				text = append(append(append(text, kind...), oneLine(e.body)...), "}\n"...)
				n++
			}
		}
	}
	var top []action.Action
	if st.protocol != nil {
		top = append(top, st.protocol)
	}
	if st.metadata != nil {
		top = append(top, st.metadata)
	}
	for _, id := range slices.Sorted(maps.Keys(st.txns)) {
		top = append(top, st.txns[id])
	}
	for _, name := range slices.Sorted(maps.Keys(st.domains)) {
		top = append(top, st.domains[name])
	}
	return append(text, action.Encode(top...)...), n
}

// oneLine is JSON without line breaks between its tokens; within strings it has none.
func oneLine(body []byte) []byte {
	if i := slices.IndexFunc(body, func(c byte) bool { return c == '\n' || c == '\r' }); i < 0 {
		return body
	}
	out := slices.Clone(body)
	for i, c := range out {
		if c == '\n' || c == '\r' {
			out[i] = ' '
		}
	}
	return out
}
