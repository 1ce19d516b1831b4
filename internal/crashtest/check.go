package crashtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/objstore"
)

// Table is a table that a query has written, and what it must hold.
type Table struct {
	Query       string
	Rows        objstore.Store // rooted at the table; its rows have a column event_id
	DeadLetters objstore.Store // rooted at the table of dead letters, which is there only if there is one
	Ledger      *Ledger
}

// Report tells what was found where all is well.
type Report struct {
	Events, DeadLetters   int64
	Commits, Files        int
	OrphanFiles           int // data files that no commit names: of batches that died
	DeadLetterCommits     int
	DeadLetterOrphanFiles int
}

// Check looks whether every record of the ledger is there exactly once:
//   - in each log the offsets only go forward, from one commit to the next without a gap or an overlap, and end where
//     the topic ends; each commit holds as many rows as its offsets have records;
//   - every file that a commit names is in the store, with its size;
//   - a scan gives every event once, and every dead letter once, and nothing else.
//
// The error lists all that is wrong.
func (t Table) Check(ctx context.Context) (Report, error) {
	r := Report{}
	r.Events, r.DeadLetters = t.Ledger.Count()
	var errs []error
	found, err := t.checkLog(ctx, t.Rows, true)
	r.Commits, r.Files, r.OrphanFiles = found.commits, found.files, found.orphans
	errs = append(errs, prefixed("table", err), prefixed("table", t.checkEvents(ctx)))
	if r.DeadLetters > 0 {
		found, err = t.checkLog(ctx, t.DeadLetters, false)
		r.DeadLetterCommits, r.DeadLetterOrphanFiles = found.commits, found.orphans
		errs = append(errs, prefixed("dead letters", err), prefixed("dead letters", t.checkDeadLetters(ctx)))
	}
	return r, errors.Join(errs...)
}

func prefixed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// logged is what was found in a log.
type logged struct{ commits, files, orphans int }

// checkLog checks the raw log of the table of events, or of that of the dead letters.
func (t Table) checkLog(ctx context.Context, store objstore.Store, events bool) (logged, error) {
	log, err := readLog(ctx, store)
	if err != nil {
		return logged{}, err
	}
	stored := map[string]int64{}
	for info, err := range store.List(ctx, "", "") {
		if err != nil {
			return logged{}, err
		}
		stored[info.Key] = info.Size
	}
	at := map[string]int64{} // where each partition stands
	found := logged{commits: len(log)}
	var errs []error
	for _, c := range log {
		if err := t.checkCommit(c, at, events); err != nil {
			errs = append(errs, fmt.Errorf("version %d: %w", c.version, err))
		}
		for _, f := range c.files {
			found.files++
			if size, ok := stored[f.key]; !ok || size != f.size {
				errs = append(errs, fmt.Errorf("version %d adds %s of %d bytes; in the store: %v, %d bytes", c.version, f.key, f.size, ok, size))
			}
			delete(stored, f.key) // a file that is named twice is missing then
		}
	}
	for key := range stored {
		if strings.HasPrefix(key, "_delta_log/") {
			continue
		}
		found.orphans++
	}
	if events {
		errs = append(errs, t.checkEnds(at))
	}
	return found, errors.Join(errs...)
}

// Orphans counts the data files in a table's store that no commit names: of batches that died, or that are under way.
func Orphans(ctx context.Context, store objstore.Store) (int, error) {
	log, err := readLog(ctx, store)
	if err != nil {
		return 0, err
	}
	named := map[string]bool{}
	for _, c := range log {
		for _, f := range c.files {
			named[f.key] = true
		}
	}
	n := 0
	for info, err := range store.List(ctx, "", "") {
		if err != nil {
			return 0, err
		}
		if !named[info.Key] && !strings.HasPrefix(info.Key, "_delta_log/") {
			n++
		}
	}
	return n, nil
}

// checkCommit checks a commit against the offsets that it moves, and moves at.
func (t Table) checkCommit(c commit, at map[string]int64, events bool) error {
	var errs []error
	want := int64(0)
	for app, to := range c.txns {
		name, ours := strings.CutPrefix(app, t.Query+"/")
		p, known := t.Ledger.Partitions[name]
		from, started := at[name]
		switch {
		case !ours || !known:
			errs = append(errs, fmt.Errorf("txn %s is not of the query's topic", app))
			continue
		case started && to <= from || to < 0 || to > p.End:
			errs = append(errs, fmt.Errorf("txn %s goes from %d to %d; the partition ends at %d", app, from, to, p.End))
		case !started && events && to != 0:
			errs = append(errs, fmt.Errorf("txn %s begins at %d", app, to))
		}
		at[name] = to
		good, bad := count(p.Between(from, to))
		if events {
			want += good
		} else {
			want += bad
		}
	}
	if got := c.rows(); got != want {
		errs = append(errs, fmt.Errorf("it has %d rows; the offsets of its txns %v hold %d", got, c.txns, want))
	}
	return errors.Join(errs...)
}

// checkEnds checks that all of the topic is in.
func (t Table) checkEnds(at map[string]int64) error {
	var errs []error
	for name, p := range t.Ledger.Partitions {
		if got, ok := at[name]; !ok || got != p.End {
			errs = append(errs, fmt.Errorf("txn %s/%s stands at %d (%v), the topic ends at %d", t.Query, name, got, ok, p.End))
		}
	}
	return errors.Join(errs...)
}
