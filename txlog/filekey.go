package txlog

import (
	"bytes"
	"hash/maphash"
	"net/url"
	"strings"
)

// fileKey identifies a logical file, (path, deletionVector.uniqueId), by 128 bits of hash: a table
// has so many files that the paths themselves would fill the memory.
type fileKey [2]uint64

var keySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func keyOf(path []byte, dv string) fileKey {
	path = canonicalPath(path)
	var k fileKey
	for i, seed := range keySeeds {
		var h maphash.Hash
		h.SetSeed(seed)
		_, _ = h.Write(path)
		if dv != "" {
			_ = h.WriteByte(0)
			_, _ = h.WriteString(dv)
		}
		k[i] = h.Sum64()
	}
	return k
}

// canonicalPath makes paths equal that name the same file: percent-encoding is undone, and
// "file:///x", "file:/x" and "/x" are one.
func canonicalPath(path []byte) []byte {
	if len(path) > 0 && path[0] != '/' && bytes.IndexByte(path, '%') < 0 && bytes.IndexByte(path, ':') < 0 {
		return path
	}
	p := string(path)
	if d, err := url.PathUnescape(p); err == nil {
		p = d
	}
	if rest, ok := strings.CutPrefix(p, "file:"); ok {
		p = "/" + strings.TrimLeft(rest, "/")
	}
	return []byte(p)
}
