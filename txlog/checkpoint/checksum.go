package checkpoint

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Checksum is the checksum of the content of a hint: the MD5 of its canonical form, in which the
// key "checksum" does not count ("JSON checksum" of the protocol).
func Checksum(text []byte) (string, error) {
	canonical, err := canonicalJSON(text)
	if err != nil {
		return "", err
	}
	sum := md5.Sum([]byte(canonical))
	return hex.EncodeToString(sum[:]), nil
}

type pathValue struct{ path, value string }

func canonicalJSON(text []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var pairs []pathValue
	if err := canonicalValue(d, nil, &pairs); err != nil {
		return "", err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return "", errors.New("text after the JSON value")
	}
	seen := make(map[string]bool, len(pairs))
	out := make([]string, len(pairs))
	for i, p := range pairs {
		if seen[p.path] {
			return "", fmt.Errorf("key %s comes twice", p.path)
		}
		seen[p.path], out[i] = true, p.path+"="+p.value
	}
	slices.Sort(out) // whole entries, as Spark sorts them: element 10 of an array comes before element 1
	return strings.Join(out, ","), nil
}

func canonicalValue(d *json.Decoder, path []string, pairs *[]pathValue) error {
	tok, err := d.Token()
	if err != nil {
		return err
	}
	value := "null"
	switch t := tok.(type) {
	case json.Delim:
		return canonicalMembers(d, t, path, pairs)
	case string:
		value = canonicalString(t)
	case json.Number:
		value = t.String()
	case bool:
		value = strconv.FormatBool(t)
	}
	*pairs = append(*pairs, pathValue{strings.Join(path, "+"), value})
	return nil
}

func canonicalMembers(d *json.Decoder, open json.Delim, path []string, pairs *[]pathValue) error {
	for i := 0; d.More(); i++ {
		name := strconv.Itoa(i)
		if open == '{' {
			tok, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := tok.(string)
			name = canonicalString(key)
		}
		to := pairs
		if len(path) == 0 && name == `"checksum"` {
			to = &[]pathValue{}
		}
		if err := canonicalValue(d, append(path[:len(path):len(path)], name), to); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// canonicalString keeps the quotes and percent-encodes all but unreserved characters.
func canonicalString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
