package txlog

import (
	"fmt"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
)

// big is the golden table of 300,000 live files, in commits without a checkpoint.
func big(b *testing.B) *mem.Store {
	for _, s := range goldenTables(b, "more/300k-add-files-100-col-partitioned") {
		return s
	}
	b.Fatal("no table in the archive")
	return nil
}

func BenchmarkOpen(b *testing.B) {
	store := big(b)
	for b.Loop() {
		if _, err := New(store, Options{}).Snapshot(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenAndListFiles(b *testing.B) {
	for _, checkpointed := range []bool{false, true} {
		b.Run(fmt.Sprint("checkpoint=", checkpointed), func(b *testing.B) {
			store := big(b)
			if checkpointed {
				s, err := New(store, Options{}).Snapshot(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if _, err := s.Checkpoint(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if n := listed(b, New(store, Options{})); n != 300_000 {
					b.Fatal(n)
				}
			}
		})
	}
}

func listed(b *testing.B, l *Log) (n int) {
	s, err := l.Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, err := range s.Files(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

// One more commit, on a snapshot whose list of files is loaded.
func BenchmarkSeeOneMoreCommit(b *testing.B) {
	store := big(b)
	s, err := New(store, Options{}).Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.fileSet(b.Context()); err != nil {
		b.Fatal(err)
	}
	put(b, store, commitKey(5), `{"add":{"path":"new","partitionValues":{"partition_col":"x"},"size":1,"modificationTime":1,"dataChange":true}}`)
	for b.Loop() {
		if n, err := s.Update(b.Context()); err != nil || n.Version() != 5 || n.files.set.Load() == nil {
			b.Fatal(n, err)
		}
	}
}
