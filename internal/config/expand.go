package config

import (
	"fmt"
	"os"
	"strings"
)

// Secret is a value that must never be shown: it prints as ***.
type Secret string

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the value from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the value, to hand to a client.
func (s Secret) Reveal() string { return string(s) }

// Bytes is a number of bytes, written "256MB".
type Bytes int64

// Environment is where ${NAME} and ${file:/path} look things up.
type Environment struct {
	Lookup   func(name string) (string, bool)
	ReadFile func(path string) ([]byte, error)
}

// OS is the process's environment.
func OS() Environment { return Environment{Lookup: os.LookupEnv, ReadFile: os.ReadFile} }

// expand replaces ${NAME}, ${NAME:-default} and ${file:/path} in s; "$${" is a literal "${". The
// end of a file's last line is not part of its value. An error never holds a value.
func (e Environment) expand(s string) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return "", fmt.Errorf("${ without its }; write $${ for the characters themselves")
		}
		v, err := e.lookup(s[i+2 : i+end])
		if err != nil {
			return "", err
		}
		b.WriteString(s[:i] + v)
		s = s[i+end+1:]
	}
}

func (e Environment) lookup(ref string) (string, error) {
	if path, ok := strings.CutPrefix(ref, "file:"); ok {
		data, err := e.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("${file:%s}: %w", path, err)
		}
		return strings.TrimRight(string(data), "\r\n"), nil
	}
	name, fallback, hasFallback := strings.Cut(ref, ":-")
	if v, ok := e.Lookup(name); ok {
		return v, nil
	}
	if hasFallback {
		return fallback, nil
	}
	return "", fmt.Errorf("the environment variable %s is not set; set it, or write ${%s:-default}", name, name)
}
