package fsck

import (
	"crypto/sha256"
	"path"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// fingerprint stands for a key.
type fingerprint [16]byte

func fingerprintOf(key string) fingerprint {
	sum := sha256.Sum256([]byte(key))
	return fingerprint(sum[:16])
}

// state is what is known of a file that the log names.
type state struct {
	size   int64 // as the log has it; -1: not told
	live   bool
	vector bool // it holds deletion vectors
	seen   bool // in the listing
}

// fileSet is the files below the table that the log names.
type fileSet struct{ files map[fingerprint]state }

func newFileSet() *fileSet { return &fileSet{map[fingerprint]state{}} }

// complete says that the listing had all live data files.
func (s *fileSet) complete() bool {
	for _, f := range s.files {
		if f.live && !f.seen && !f.vector {
			return false
		}
	}
	return true
}

func indexFold(list []string, name string) int {
	for i, l := range list {
		if schema.Fold(l) == schema.Fold(name) {
			return i
		}
	}
	return -1
}

// hidden says whether a key is none of the data. Folders of partitions may begin with "_". Change files are named by the commits
// of old, which nobody reads here; they are in _change_data, but where Spark gives files random prefixes.
func hidden(key string) bool {
	if strings.HasPrefix(path.Base(key), "cdc-") {
		return true
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment != "" && (segment[0] == '.' || segment[0] == '_' && !strings.Contains(segment, "=")) {
			return true
		}
	}
	return false
}
