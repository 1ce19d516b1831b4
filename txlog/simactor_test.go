package txlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strconv"

	"github.com/ingestd/ingestd/txlog/action"
)

// try is one transaction as its actor sees it: what it read, and what it was told.
type try struct {
	name     string
	base     int64                              // the version that it read
	reads    func(base, before *simState) error // what it read is still so, in the state before its commit
	version  int64                              // where it was told to be; -1
	rejected bool
}

// actor is one writer: a process with a clock of its own.
type actor struct {
	w     *sim
	id    int
	rand  *rand.Rand
	store *simStore
	ctx   context.Context
	log   *Log
	snap  *Snapshot
	n     int
}

const (
	simWorks = 7  // transactions of an actor
	simTries = 12 // of one of them
)

func (a *actor) run() {
	for i := range simWorks {
		if i == simWorks/2 && a.w.sleeps() {
			a.w.sched.barrier(a.id)
		}
		kind := works[a.rand.Intn(len(works))]
		for range simTries {
			if a.store.dead.Load() {
				return
			}
			if a.once(kind) {
				break
			}
		}
	}
}

// once does the work in one transaction, and says whether it is done with.
func (a *actor) once(kind func(*actor, *Transaction, *try) error) bool {
	if !a.look() {
		return false
	}
	a.n++
	name := fmt.Sprint(a.id, "-", a.n)
	t := &try{name: name, base: a.snap.version, version: -1, reads: func(_, _ *simState) error { return nil }}
	tx := a.snap.Begin(Operation{Name: "WRITE", Parameters: map[string]any{"try": name}})
	if err := kind(a, tx, t); err != nil {
		return errors.Is(err, errNothing)
	}
	a.w.tries[name] = t
	done, err := tx.Commit(a.ctx)
	a.w.note("%d %s: %d, %v", a.id, name, done.Version, err)
	if err != nil {
		t.rejected = errors.Is(err, ErrProvablyRejected)
		return false
	}
	t.version, a.snap = done.Version, done.Snapshot
	for _, h := range done.Due {
		if a.rand.Intn(4) > 0 {
			_ = h.Run(a.ctx)
		}
	}
	return true
}

// look gets a snapshot: mostly a new one, by update or from the start, sometimes an old one.
func (a *actor) look() bool {
	r := a.rand.Intn(10)
	if a.snap != nil && r < 3 {
		return true
	}
	var s *Snapshot
	var err error
	if a.snap == nil || r == 9 {
		s, err = a.log.Snapshot(a.ctx)
	} else {
		s, err = a.snap.Update(a.ctx)
	}
	if err == nil {
		a.snap = s
	}
	return err == nil
}

var errNothing = errors.New("nothing to do")

var works = []func(*actor, *Transaction, *try) error{
	(*actor).append, (*actor).append, (*actor).fence, (*actor).rewrite, (*actor).rewrite, (*actor).deleteRows, (*actor).compact,
	(*actor).overwrite, (*actor).count, (*actor).count, (*actor).domain, (*actor).property, (*actor).checkpoint,
}

func (a *actor) file(part string, rows int) *action.Add {
	f := add(fmt.Sprintf("%s-%d-%d", part, a.id, a.rand.Int63()))
	f.PartitionValues = map[string]*string{"p": &part}
	f.Stats, f.Size = new(fmt.Sprintf(`{"numRecords":%d}`, rows)), int64(rows)*1000
	return f
}

func (a *actor) part() string { return string(rune('a' + a.rand.Intn(3))) }

// live are the files that is holds for, sorted, as the transaction sees them.
func (a *actor) live(is func(*action.Add) bool) ([]*action.Add, error) {
	var out []*action.Add
	for f, err := range a.snap.Files(a.ctx) {
		if err != nil {
			return nil, err
		}
		if is(f) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(x, y *action.Add) int { return cmpString(keyOfAdd(x), keyOfAdd(y)) })
	return out, nil
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func inPart(part string) func(*action.Add) bool {
	return func(f *action.Add) bool { return f.PartitionValues["p"] != nil && *f.PartitionValues["p"] == part }
}

func anyFile(*action.Add) bool { return true }

func (a *actor) append(tx *Transaction, _ *try) error {
	for range 1 + a.rand.Intn(2) {
		tx.Stage(a.file(a.part(), 1+a.rand.Intn(9)))
	}
	return nil
}

// fence appends exactly once, as a sink does.
func (a *actor) fence(tx *Transaction, t *try) error {
	app := fmt.Sprint("app", a.rand.Intn(2))
	v, ok := a.snap.Txn(app)
	tx.RequireTxn(app, v, ok)
	tx.Stage(&action.Txn{AppID: app, Version: v + 1}, a.file(a.part(), 5))
	t.reads = func(base, s *simState) error {
		if s.txns[app] != base.txns[app] || v != base.txns[app] {
			return fmt.Errorf("the progress of %s was %d and is %d", app, v, s.txns[app])
		}
		return nil
	}
	return nil
}

// rewrite reads a partition and writes it anew.
func (a *actor) rewrite(tx *Transaction, t *try) error {
	part := a.part()
	files, err := a.live(inPart(part))
	if err != nil {
		return err
	}
	tx.ReadPartitions(inPart(part))
	t.reads = sameRows(part)
	for _, f := range files {
		tx.ReadFiles(f.Path)
		tx.Stage(f.Remove(1, true))
	}
	tx.Stage(a.file(part, 3))
	return nil
}

// deleteRows gives one file a deletion vector.
func (a *actor) deleteRows(tx *Transaction, t *try) error {
	files, err := a.live(func(f *action.Add) bool { return f.DeletionVector == nil })
	if err != nil || len(files) == 0 {
		return errors.Join(err, errNothing)
	}
	f := files[a.rand.Intn(len(files))]
	t.reads = stillLive(f)
	next := *f
	next.DeletionVector = &action.DeletionVector{StorageType: "u", PathOrInlineDv: fmt.Sprint("dv-", a.id, "-", a.n), Offset: new(int32(1)), SizeInBytes: 1, Cardinality: 1}
	tx.ReadFiles(f.Path)
	tx.Stage(f.Remove(1, true), &next)
	return nil
}

func (a *actor) compact(tx *Transaction, t *try) error {
	part := a.part()
	files, err := a.live(inPart(part))
	if err != nil || len(files) < 2 {
		return errors.Join(err, errNothing)
	}
	files = files[:2]
	t.reads = stillLive(files...)
	g := a.file(part, 4)
	g.DataChange = false
	for _, f := range files {
		tx.ReadFiles(f.Path)
		tx.Stage(f.Remove(1, false))
	}
	tx.Stage(g)
	return nil
}

func (a *actor) overwrite(tx *Transaction, t *try) error {
	files, err := a.live(anyFile)
	if err != nil {
		return err
	}
	tx.ReadWhole()
	t.reads = sameRows("")
	for _, f := range files {
		tx.Stage(f.Remove(1, true))
	}
	tx.Stage(a.file("a", 2))
	return nil
}

// count writes down how many files there are: two that each see not the other's would both be wrong.
func (a *actor) count(tx *Transaction, t *try) error {
	files, err := a.live(anyFile)
	if err != nil {
		return err
	}
	tx.ReadWhole()
	t.reads = sameRows("")
	tx.Stage(&action.DomainMetadata{Domain: fmt.Sprint("count", a.id), Configuration: strconv.Itoa(len(files))}, a.file("c", 1))
	return nil
}

// domain counts up.
func (a *actor) domain(tx *Transaction, t *try) error {
	was, _ := a.snap.Domain("counter")
	n, _ := strconv.Atoi(was)
	tx.Stage(&action.DomainMetadata{Domain: "counter", Configuration: strconv.Itoa(n + 1)})
	t.reads = func(_, s *simState) error {
		if s.domains["counter"] != was {
			return fmt.Errorf("the counter was %q and is %q", was, s.domains["counter"])
		}
		return nil
	}
	return nil
}

// property changes the metadata, and may turn in-commit timestamps on, or row tracking off for a while.
func (a *actor) property(tx *Transaction, t *try) error {
	m := *a.snap.Metadata()
	was := m.Configuration["n"]
	n, _ := strconv.Atoi(was)
	m.Configuration = maps.Clone(m.Configuration)
	m.Configuration["n"] = strconv.Itoa(n + 1)
	if a.rand.Intn(2) == 0 {
		m.Configuration[PropInCommitTimestamps] = "true"
	}
	tx.SetMetadata(&m)
	t.reads = func(_, s *simState) error {
		if got := s.metadata.Configuration["n"]; got != was {
			return fmt.Errorf("the property was %q and is %q", was, got)
		}
		return nil
	}
	return nil
}

// checkpoint commits nothing.
func (a *actor) checkpoint(_ *Transaction, _ *try) error {
	if !a.w.checkpoints() {
		return errNothing
	}
	_, err := a.snap.Checkpoint(a.ctx)
	if err == nil {
		err = errNothing
	}
	return err
}
