package fsck_test

import (
	"context"
	"iter"
	"testing"

	"github.com/ingestd/ingestd/fsck"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table"
)

// busy is a store in which others are at work once all of it was listed.
type busy struct {
	objstore.Store
	work func()
}

func (b *busy) List(ctx context.Context, prefix, after string) iter.Seq2[objstore.Info, error] {
	return func(yield func(objstore.Info, error) bool) {
		b.Store.List(ctx, prefix, after)(yield)
		if work := b.work; work != nil && prefix == "" {
			b.work = nil
			work()
		}
	}
}

func TestACheckpointThatIsMadeDuringTheCheckIsNoFinding(t *testing.T) {
	w := newWorld(t, nil)
	w.checkpointed()
	store := &busy{Store: w.store}
	tab, err := table.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	made := false
	store.work = func() {
		w.append(`{"id":9}`)
		w.checkpointed()
		made = true
	}
	for f, err := range fsck.Check(t.Context(), tab, fsck.Options{}) {
		t.Errorf("%v, %v", f, err)
	}
	if !made {
		t.Error("no checkpoint was made")
	}
}

// What came back since the check (a disk that was mounted again, a copy that was restored) stays in the table.
func TestARepairLooksOnceMore(t *testing.T) {
	w := newWorld(t, nil)
	back, lost := w.key(0), w.key(1)
	text, _, err := objstore.ReadAll(t.Context(), w.store, back)
	if err != nil {
		t.Fatal(err)
	}
	w.delete(back)
	w.delete(lost)
	found := w.check(fsck.Options{})
	w.put(back, string(text))
	r, err := fsck.Repair(t.Context(), w.table, found)
	if err != nil || r.Removed != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	w.refresh()
	if again := w.check(fsck.Options{Deep: true}); len(again) > 0 || len(w.adds()) != 2 {
		t.Errorf("%v: %v", w.adds(), again)
	}
	w.delete(back)
	if found = w.check(fsck.Options{}); len(found) != 1 {
		t.Fatal(found)
	}
	w.put(back, string(text))
	version := w.table.Version()
	if r, err = fsck.Repair(t.Context(), w.table, found); err != nil || r.Removed != 0 || r.Version != version {
		t.Errorf("%+v, %v", r, err)
	}
}
