package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/objstore"
)

// tampering is what is done to a sound table, and what Check must say of it.
type tampering struct {
	name string
	do   func(t *testing.T, s *stores, l *Ledger)
	want string
}

var tamperings = []tampering{
	{"a data file that a commit names is deleted", func(t *testing.T, s *stores, _ *Ledger) {
		deleteOne(t, s.table, ".parquet")
	}, "in the store: false"},
	{"a commit is there twice", func(t *testing.T, s *stores, _ *Ledger) {
		edit(t, s.table, 2, 99, func(b []byte) []byte { return b })
	}, "goes from"},
	{"a commit without txns", func(t *testing.T, s *stores, _ *Ledger) {
		edit(t, s.table, 2, 2, func(b []byte) []byte { return without(b, `{"txn"`) })
	}, "the offsets of its txns map[] hold 0"},
	{"a commit without rows", func(t *testing.T, s *stores, _ *Ledger) {
		edit(t, s.table, 2, 2, func(b []byte) []byte { return without(b, `{"add"`) })
	}, "missing"},
	{"a txn goes back", func(t *testing.T, s *stores, _ *Ledger) {
		edit(t, s.table, 1, 99, func(b []byte) []byte { return b })
	}, "to 0; the partition ends at"},
	{"the dead letters are committed twice", func(t *testing.T, s *stores, _ *Ledger) {
		edit(t, s.letters, 1, 99, func(b []byte) []byte { return b })
	}, "dead letters: "},
	{"an event that is not in the table", func(_ *testing.T, _ *stores, l *Ledger) {
		p := l.Partitions["events/0"]
		p.Records = append(p.Records, Record{p.End, "new"})
		p.End++
		l.Partitions["events/0"] = p
	}, `1 missing: ["new"]`},
	{"an event that was not produced", func(_ *testing.T, _ *stores, l *Ledger) {
		l.Partitions["events/1"].Records[0].ID = "other"
	}, "never produced"},
	{"a dead letter that should be an event", func(_ *testing.T, _ *stores, l *Ledger) {
		for _, p := range l.Partitions {
			for i := range p.Records {
				if p.Records[i].ID == "" {
					p.Records[i].ID = fmt.Sprint("event ", p.Records[i].Offset)
				}
			}
		}
		l.Partitions["events/0"].Records[0].ID = ""
	}, "dead letters: "},
}

func TestCheckSeesWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newFaultWorld(t, 14, 7)
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			s := newStores(inMemory, false, noFaults)
			if err := s.live(t.Context(), w, 1); err != nil {
				t.Fatal(err)
			}
			ledger, err := ReadTopic(t.Context(), w.brokers, w.topic)
			if err != nil {
				t.Fatal(err)
			}
			sound := Table{Query: "q", Rows: s.table, DeadLetters: s.letters, Ledger: ledger}
			if _, err := sound.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.do(t, s, ledger)
			if _, err := sound.Check(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// edit writes what f makes of one commit as another one; 99 is the next that there is not yet.
func edit(t *testing.T, store objstore.Store, from, to int, f func([]byte) []byte) {
	t.Helper()
	key := func(v int) string { return fmt.Sprintf("_delta_log/%020d.json", v) }
	data, _, err := objstore.ReadAll(t.Context(), store, key(from))
	if err != nil {
		t.Fatal(err)
	}
	if to == 99 {
		for to = 0; ; to++ {
			if _, err := store.Head(t.Context(), key(to)); err != nil {
				break
			}
		}
	}
	put(t.Context(), t, store, key(to), f(data))
}

func put(ctx context.Context, t *testing.T, store objstore.Store, key string, data []byte) {
	t.Helper()
	if _, err := store.Put(ctx, key, objstore.Bytes(data), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
}

// without drops the lines that begin so.
func without(data []byte, prefix string) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte(prefix)) {
			out = append(out, line...)
		}
	}
	return out
}

func deleteOne(t *testing.T, store objstore.Store, suffix string) {
	t.Helper()
	for info, err := range store.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(info.Key, suffix) && !strings.HasPrefix(info.Key, "_delta_log/") {
			if err := store.Delete(t.Context(), info.Key); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("there is no", suffix)
}
