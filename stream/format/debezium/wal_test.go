package debezium

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge/changes"
)

// wal simulates PostgreSQL as a connector sees it: transactions that run at the same time and lock the rows that they change, a slot
// whose transactions come in the order of their commits, a snapshot when the slot is made, and incremental ones later.
type wal struct {
	lsn    int64
	active []*transaction
	locked map[int]bool
	done   []*transaction // in the order of their commits
}

type transaction struct {
	keys   []int // changed, in this order
	lsns   []int64
	commit int64
	mark   int // of an incremental snapshot: 1 opens its window, 2 closes it
}

func (w *wal) next(t *rapid.T) int64 {
	w.lsn += rapid.Int64Range(1, 50).Draw(t, "bytes")
	return w.lsn
}

func (w *wal) step(t *rapid.T, keys int) {
	n := len(w.active)
	if n == 0 || n < 4 && rapid.IntRange(0, 3).Draw(t, "begin") == 0 {
		w.active = append(w.active, &transaction{})
		return
	}
	k := rapid.IntRange(0, n-1).Draw(t, "transaction")
	tx := w.active[k]
	if rapid.IntRange(0, 3).Draw(t, "commit") == 0 {
		w.active = append(w.active[:k:k], w.active[k+1:]...)
		w.end(t, tx)
		return
	}
	key := rapid.IntRange(0, keys-1).Draw(t, "key")
	if w.locked[key] {
		for _, own := range tx.keys {
			if own == key {
				tx.keys, tx.lsns = append(tx.keys, key), append(tx.lsns, w.next(t))
				return
			}
		}
		return
	}
	w.locked[key] = true
	tx.keys, tx.lsns = append(tx.keys, key), append(tx.lsns, w.next(t))
}

func (w *wal) end(t *rapid.T, tx *transaction) {
	tx.commit = w.next(t)
	w.done = append(w.done, tx)
	for _, key := range tx.keys {
		delete(w.locked, key)
	}
}

// watermark is a transaction of its own, in the table of signals.
func (w *wal) watermark(t *rapid.T, mark int) {
	w.end(t, &transaction{mark: mark, lsns: []int64{w.next(t)}})
}

// connector emits events, and checks that those of each row come in the order of their sequences.
type connector struct {
	d          *Decoder
	lastCommit number
	last       map[int]changes.Sequence
	log        []string
}

func (c *connector) emit(t *rapid.T, op changes.Op, key int, lsn int64) {
	src := source{connector: []byte("postgresql"), server: []byte("s"), lsn: number{lsn, true}, hasSequence: true, commit: c.lastCommit}
	seq := src.appendSequence(c.d, op, nil)
	c.log = append(c.log, fmt.Sprintf("%c %d: lsn %d, last commit %v", op, key, lsn, c.lastCommit))
	if bytes.Compare(c.last[key], seq) >= 0 {
		t.Fatalf("of row %d the newest event is not the last:\n%v", key, c.log)
	}
	c.last[key] = seq
}

func (c *connector) stream(t *rapid.T, keys int, txs []*transaction) {
	window := map[int]bool{}
	for _, tx := range txs {
		switch tx.mark {
		case 1:
			clear(window)
		case 2: // rows that changed in the window are not read
			for key := range keys {
				if !window[key] {
					c.emit(t, changes.Read, key, tx.lsns[0])
				}
			}
		}
		for i, key := range tx.keys {
			window[key] = true
			c.emit(t, changes.Update, key, tx.lsns[i])
		}
		c.lastCommit = number{tx.commit, true}
	}
}

func TestSequencesFollowPostgreSQLThroughSnapshotsAndConcurrentTransactions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const keys = 4
		w := &wal{locked: map[int]bool{}}
		steps := func(name string) {
			for range rapid.IntRange(0, 40).Draw(t, name) {
				w.step(t, keys)
			}
		}
		d, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := &connector{d: d, last: map[int]changes.Sequence{}}
		for range rapid.IntRange(1, 2).Draw(t, "connectors") { // the second one begins anew, with a slot and a snapshot of its own
			steps("before the snapshot")
			seen := len(w.done)
			at := w.next(t)
			c.lastCommit = number{}
			for key := range keys {
				c.emit(t, changes.Read, key, at)
			}
			steps("after the snapshot")
			w.watermark(t, 1)
			steps("in the window")
			w.watermark(t, 2)
			steps("after the window")
			c.stream(t, keys, w.done[seen:])
		}
	})
}
