package txlog

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/ingestd/ingestd/txlog/action"
)

// The isolation matrix stands in testdata/conflict. A case is a directive "conflict" whose lines are
// what mine did ("mine: read-all", "mine: read p=1", "mine: read-file f", "mine: remove f", "mine:
// add f", "mine: txn app", "mine: domain d", "mine: metadata") and what the winners did, a line per
// commit ("theirs: append f p=1", "theirs: blind f", "theirs: remove f", "theirs: compact f -> g", ...).
// The result is the outcome at each isolation level.
func TestIsolationMatrix(t *testing.T) {
	datadriven.RunTest(t, "testdata/conflict", func(t *testing.T, d *datadriven.TestData) string {
		mine, theirs := ReadSet{}, []Commit(nil)
		for i, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			who, what, _ := strings.Cut(line, ": ")
			words := strings.Fields(what)
			switch who {
			case "mine":
				parseMine(t, &mine, words)
			case "theirs":
				theirs = append(theirs, Commit{Version: int64(10 + i), Actions: parseTheirs(t, words)})
			default:
				t.Fatalf("line %q", line)
			}
		}
		var out strings.Builder
		for _, level := range []IsolationLevel{Serializable, WriteSerializable, SnapshotIsolation} {
			mine.Isolation = level
			err := CheckConflict(mine, theirs)
			var c *ConflictError
			switch {
			case err == nil:
				fmt.Fprintf(&out, "%s: ok\n", level)
			case errors.As(err, &c):
				fmt.Fprintf(&out, "%s: %s with %d %s\n", level, c.Kind, c.Version, c.Path)
			}
		}
		return strings.ReplaceAll(out.String(), " \n", "\n")
	})
}

func parseMine(t *testing.T, r *ReadSet, words []string) {
	switch words[0] {
	case "read-all":
		r.Whole = true
	case "read":
		want := strings.TrimPrefix(words[1], "p=")
		r.Partitions = append(r.Partitions, func(a *action.Add) bool { v := a.PartitionValues["p"]; return v == nil || *v == want })
	case "read-file":
		r.Files = append(r.Files, words[1])
	case "remove":
		r.Removes = append(r.Removes, words[1])
	case "txn":
		r.AppIDs = append(r.AppIDs, words[1])
	case "domain":
		r.Domains = append(r.Domains, words[1])
	case "metadata":
		r.Metadata = true
	case "add":
	default:
		t.Fatalf("mine: %v", words)
	}
}

func parseTheirs(t *testing.T, words []string) []action.Action {
	blind := words[0] == "blind"
	info := &action.CommitInfo{IsBlindAppend: &blind}
	part := map[string]*string{"p": nil}
	if last := words[len(words)-1]; strings.HasPrefix(last, "p=") {
		v := strings.TrimPrefix(last, "p=")
		part["p"] = &v
	}
	switch words[0] {
	case "append", "blind":
		return []action.Action{info, &action.Add{Path: words[1], PartitionValues: part, DataChange: true}}
	case "remove":
		return []action.Action{info, &action.Remove{Path: words[1], PartitionValues: part, DataChange: true}}
	case "remove-unknown": // of which the log tells no partition
		return []action.Action{info, &action.Remove{Path: words[1], DataChange: true}}
	case "compact":
		return []action.Action{info, &action.Remove{Path: words[1], PartitionValues: part}, &action.Add{Path: words[3], PartitionValues: part}}
	case "txn":
		return []action.Action{&action.Txn{AppID: words[1]}}
	case "domain":
		return []action.Action{&action.DomainMetadata{Domain: words[1]}}
	case "metadata":
		return []action.Action{&action.Metadata{}}
	case "protocol":
		return []action.Action{&action.Protocol{}}
	}
	t.Fatalf("theirs: %v", words)
	return nil
}

func TestOnlyARepeatedTransactionIsNotWorthTryingAgain(t *testing.T) {
	for kind, want := range map[ConflictKind]bool{ConcurrentAppend: true, ConcurrentDeleteRead: true, MetadataChanged: true, ConcurrentTransaction: false} {
		if got := (&ConflictError{Kind: kind}).Retryable(); got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
}

func TestCanonicalPathsMakeSpellingsOfOneFileEqual(t *testing.T) {
	for a, b := range map[string]string{
		"a%20b": "a b", "/x/y": "file:///x/y", "file:/x/y": "/x/y", "/x/with%20space/p@%23h": "file:///x/with%20space/p@%23h",
		"plain": "plain", "p=%41/f": "p=A/f",
	} {
		if keyOf([]byte(a), "") != keyOf([]byte(b), "") {
			t.Errorf("%s and %s must be one file: %q, %q", a, b, canonicalPath([]byte(a)), canonicalPath([]byte(b)))
		}
	}
	if keyOf([]byte("a%2520b"), "") == keyOf([]byte("a%20b"), "") || keyOf([]byte("a"), "dv1") == keyOf([]byte("a"), "") {
		t.Error("different files must stay different")
	}
}
