package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"

	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

var errMissing = errors.New("is missing, and the protocol requires it")

// object reads the fields of an action. field says whether it knows the key, and has then read the
// value; what it does not know goes to extra. A null is as good as an absent field.
func object(s *jsonscan.Scanner, extra *Extra, field func(key []byte) (bool, error)) error {
	return s.Object(func(key []byte) error {
		if s.Null() {
			return nil
		}
		known, err := field(key)
		if err != nil {
			return &fieldError{string(key), err}
		}
		if known {
			return nil
		}
		raw, err := s.Raw()
		if err != nil {
			return &fieldError{string(key), err}
		}
		if *extra == nil {
			*extra = Extra{}
		}
		(*extra)[string(key)] = bytes.Clone(raw)
		return nil
	})
}

// require is an error that names the first field that is not there. Each pair is name, presence.
func require(pairs ...any) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if have, _ := pairs[i+1].(bool); !have {
			name, _ := pairs[i].(string)
			return &fieldError{name, errMissing}
		}
	}
	return nil
}

func readString(s *jsonscan.Scanner, to *string) (bool, error) {
	v, err := s.String()
	*to = v
	return true, err
}

func readOptString(s *jsonscan.Scanner, to **string) (bool, error) {
	v, err := s.String()
	*to = &v
	return true, err
}

func readInt(s *jsonscan.Scanner, to *int64, have *bool) (bool, error) {
	v, err := s.Int()
	*to, *have = v, true
	return true, err
}

func readOptInt(s *jsonscan.Scanner, to **int64) (bool, error) {
	v, err := s.Int()
	*to = &v
	return true, err
}

func readInt32(s *jsonscan.Scanner, to *int32, have *bool) (bool, error) {
	v, err := s.Int()
	if err == nil && (v < math.MinInt32 || v > math.MaxInt32) {
		err = s.Fail("expected an integer of 32 bits, found %d", v)
	}
	*to, *have = int32(v), true
	return true, err
}

func readBool(s *jsonscan.Scanner, to *bool, have *bool) (bool, error) {
	v, err := s.Bool()
	*to, *have = v, true
	return true, err
}

// readMap reads a map of strings where values may be null.
func readMap(s *jsonscan.Scanner, keys interner, to *map[string]*string) (bool, error) {
	m := map[string]*string{}
	err := s.Object(func(key []byte) error {
		k := keys.get(key)
		if s.Null() {
			m[k] = nil
			return nil
		}
		v, err := s.String()
		m[k] = &v
		return err
	})
	*to = m
	return true, err
}

// readStringMap reads a map of strings; a null value is dropped.
func readStringMap(s *jsonscan.Scanner, keys interner, to *map[string]string) (bool, error) {
	m := map[string]string{}
	err := s.Object(func(key []byte) error {
		k := keys.get(key)
		if s.Null() {
			return nil
		}
		v, err := s.String()
		m[k] = v
		return err
	})
	*to = m
	return true, err
}

func readStrings(s *jsonscan.Scanner, to *[]string) (bool, error) {
	a := []string{}
	err := s.Array(func() error {
		v, err := s.String()
		a = append(a, v)
		return err
	})
	*to = a
	return true, err
}

// looseStrings is the map that raw holds, with values that are not strings as their JSON text.
func looseStrings(raw []byte) (map[string]string, bool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil, false
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		var s string
		if !strings.HasPrefix(string(v), `"`) || json.Unmarshal(v, &s) != nil {
			s = string(v)
		}
		out[k] = s
	}
	return out, true
}
