package partition

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"
	"unicode/utf8"
)

// NullDir is the folder name that stands for null, as in Hive.
const NullDir = "__HIVE_DEFAULT_PARTITION__"

// maxSegment is the longest folder name in bytes; file systems end at 255.
const maxSegment = 240

// Dir is the folder for files with the given partition values, in the order of columns:
// "day=2024-01-02/shop=a%2Fb". A nil or empty value becomes [NullDir]. It is "" without columns.
// A name that no file system would take is cut and ended with a hash of the whole.
func Dir(columns []string, values map[string]*string) string {
	segments := make([]string, len(columns))
	for i, c := range columns {
		text := NullDir
		if v := values[c]; v != nil && *v != "" {
			text = Escape(*v)
		}
		segments[i] = shorten(Escape(c) + "=" + text)
	}
	return strings.Join(segments, "/")
}

func shorten(segment string) string {
	if len(segment) <= maxSegment {
		return segment
	}
	h := fnv.New64a()
	h.Write([]byte(segment))
	cut := maxSegment - 17
	for !utf8.RuneStart(segment[cut]) {
		cut--
	}
	return fmt.Sprintf("%s~%016x", segment[:cut], h.Sum64())
}

// Escape makes a column name or value safe as a part of a folder name, with the characters of
// Spark's ExternalCatalogUtils.escapePathName: control characters and "#%'*/:=?\{[]^ become %XX.
func Escape(s string) string {
	return percent(s, func(c byte) bool {
		return c >= 0x20 && c != 0x7F && strings.IndexByte("\"#%'*/:=?\\{[]^", c) < 0
	})
}

// Unescape undoes [Escape]. A % without two hexadecimal digits after it stands for itself, as in Spark.
func Unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// EncodePath makes the path of an action from the key of a file in the table's store: an RFC 2396
// URI reference, relative, percent-encoded.
func EncodePath(key string) string {
	path := percent(key, func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-_.!~*'(),;:$&+=@", c) >= 0
	})
	// A colon in the first segment would read as a scheme.
	first := path
	if i := strings.IndexByte(path, '/'); i >= 0 {
		first = path[:i]
	}
	return strings.ReplaceAll(first, ":", "%3A") + path[len(first):]
}

// PathError says that the path of an action is not a URI that names a file.
type PathError struct {
	Path string
	Err  error
}

func (e *PathError) Error() string { return fmt.Sprintf("path %q in the log: %v", e.Path, e.Err) }

// Unwrap gives the reason.
func (e *PathError) Unwrap() error { return e.Err }

// DecodePath gives the key in the table's store of the file that a path of an action names, or,
// with absolute set, the decoded URL or absolute path of a file that may lie outside of the table
// (a shallow clone has such). Errors: *PathError.
func DecodePath(path string) (key string, absolute bool, err error) {
	if path == "" {
		return "", false, &PathError{Path: path, Err: errors.New("it is empty")}
	}
	key, err = url.PathUnescape(path)
	if err != nil {
		return "", false, &PathError{Path: path, Err: err}
	}
	return key, strings.HasPrefix(path, "/") || hasScheme(path), nil
}

// hasScheme tells whether a URI reference begins with a scheme and a colon.
func hasScheme(path string) bool {
	scheme, _, ok := strings.Cut(path, ":")
	if !ok || scheme == "" || !(scheme[0] >= 'a' && scheme[0] <= 'z' || scheme[0] >= 'A' && scheme[0] <= 'Z') {
		return false
	}
	return strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// percent writes %XX for each byte that may not stay.
func percent(s string, stays func(byte) bool) string {
	n := 0
	for i := range len(s) {
		if !stays(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s)+2*n)
	for i := range len(s) {
		if c := s[i]; stays(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}
