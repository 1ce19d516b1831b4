package objstore

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxKeyLen is the longest key in bytes; it is S3's limit, kept by every store so that what works
// on one works on all. On S3 the root's prefix counts too.
const MaxKeyLen = 1024

// Reserved begins the names that stores keep for themselves: temporary files, locks, probes. No
// segment of a key may begin with it, and no list shows such names. Engines of Delta pass over
// names that begin with "." too.
const Reserved = ".ingestd-"

// CheckKey returns nil for a valid key (see the package comment), else an error that wraps ErrKey
// and says what is wrong.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > MaxKeyLen:
		return fmt.Errorf("%w: %d bytes are more than the %d that S3 takes", ErrKey, len(key), MaxKeyLen)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", ErrKey, key)
	case strings.IndexByte(key, 0) >= 0:
		return fmt.Errorf("%w: %q holds a zero byte", ErrKey, key)
	}
	for seg := range strings.SplitSeq(key, "/") {
		if seg == "" || seg == "." || seg == ".." {
			return fmt.Errorf("%w: %q has a segment %q", ErrKey, key, seg)
		}
		if strings.HasPrefix(seg, Reserved) {
			return fmt.Errorf("%w: %q: names that begin with %s belong to the store", ErrKey, key, Reserved)
		}
	}
	return nil
}
