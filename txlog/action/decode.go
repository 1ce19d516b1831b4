package action

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

// DecodeError says what in the text of a commit is not an action of the protocol.
type DecodeError struct {
	Line   int    // of the text, from 1
	Kind   string // of the action, as far as it was known
	Field  string // empty where it is the whole
	Reason string
}

// Error tells line, action, field and reason.
func (e *DecodeError) Error() string {
	what := e.Kind
	if e.Field != "" {
		what += "." + e.Field
	}
	if what != "" {
		what += ": "
	}
	return fmt.Sprintf("line %d: %s%s", e.Line, what, e.Reason)
}

// fieldError carries the name of a field outwards.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }

// Decoder reads actions one after the other. Usually there is one per line, but any white space may
// stand between and inside of them. Not for concurrent use; actions do not share memory with the text.
type Decoder struct {
	text    []byte
	s       *jsonscan.Scanner
	keys    interner
	pending []Action
}

// NewDecoder is a Decoder of the content of a commit, which must not change while it is used.
func NewDecoder(text []byte) *Decoder {
	return &Decoder{text: text, s: jsonscan.New(text), keys: interner{}}
}

// Next is the next action, or io.EOF. Other errors are *DecodeError, and final.
func (d *Decoder) Next() (Action, error) {
	for len(d.pending) == 0 {
		if !d.s.More() {
			return nil, io.EOF
		}
		start := d.s.Offset()
		if kind, err := d.item(); err != nil {
			return nil, d.fail(kind, start, err)
		}
	}
	a := d.pending[0]
	d.pending = d.pending[1:]
	return a, nil
}

// item reads one object into pending. Some writers give every action a key and a null to all but
// one; a later version of the protocol may put keys that we do not know beside an action.
func (d *Decoder) item() (kind string, err error) {
	d.pending = d.pending[:0]
	known := ""
	err = d.s.Object(func(key []byte) error {
		if d.s.Null() {
			return nil
		}
		kind = d.keys.get(key)
		if isKnown(kind) {
			if known != "" {
				return d.s.Fail("a second action beside the %s", known)
			}
			known = kind
		}
		a, err := d.body(kind)
		d.pending = append(d.pending, a)
		return err
	})
	return kind, err
}

func isKnown(kind string) bool {
	switch kind {
	case "add", "remove", "metaData", "protocol", "txn", "commitInfo", "cdc", "domainMetadata", "checkpointMetadata", "sidecar":
		return true
	}
	return false
}

func (d *Decoder) body(kind string) (Action, error) {
	switch kind {
	case "add":
		return decodeAdd(d.s, d.keys)
	case "remove":
		return decodeRemove(d.s, d.keys)
	case "metaData":
		return decodeMetadata(d.s, d.keys)
	case "protocol":
		return decodeProtocol(d.s, d.keys)
	case "txn":
		return decodeTxn(d.s, d.keys)
	case "commitInfo":
		return decodeCommitInfo(d.s, d.keys)
	case "cdc":
		return decodeCDC(d.s, d.keys)
	case "domainMetadata":
		return decodeDomainMetadata(d.s, d.keys)
	case "checkpointMetadata":
		return decodeCheckpointMetadata(d.s, d.keys)
	case "sidecar":
		return decodeSidecar(d.s, d.keys)
	}
	raw, err := d.s.Raw()
	if err != nil {
		return nil, err
	}
	return &Unknown{Key: kind, Value: bytes.Clone(raw)}, nil
}

func (d *Decoder) fail(kind string, start int, err error) error {
	out := &DecodeError{Kind: kind, Reason: err.Error()}
	var f *fieldError
	if errors.As(err, &f) {
		out.Field, out.Reason = f.field, f.err.Error()
	}
	var s *jsonscan.SyntaxError
	if errors.As(err, &s) {
		start, out.Reason = s.Offset, s.Reason
	}
	out.Line = 1 + bytes.Count(d.text[:min(start, len(d.text))], []byte("\n"))
	return out
}

// Decode reads all actions of a commit. Errors: *DecodeError.
func Decode(text []byte) ([]Action, error) {
	var out []Action
	for d := NewDecoder(text); ; {
		a, err := d.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
}

// interner keeps one copy of strings that come again and again: the names of keys.
type interner map[string]string

const maxInterned = 4096

func (in interner) get(b []byte) string {
	if s, ok := in[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(in) < maxInterned && len(b) < 256 {
		in[s] = s
	}
	return s
}
