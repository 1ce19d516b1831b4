package config

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestPipelineFiles runs testdata/*.txt: a pipeline file, and what is wrong with it.
func TestPipelineFiles(t *testing.T) {
	env := Environment{
		Lookup: func(name string) (string, bool) {
			v, ok := map[string]string{"BROKER": "kafka:9092", "PASSWORD": "hunter2", "EMPTY": ""}[name]
			return v, ok
		},
		ReadFile: func(path string) ([]byte, error) {
			if path == "/run/secrets/pw" {
				return []byte("from-a-file\n"), nil
			}
			return nil, os.ErrNotExist
		},
	}
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, td *datadriven.TestData) string {
			f, err := Parse("p.yaml", []byte(td.Input), env)
			if err != nil {
				var ce *Error
				if !errors.As(err, &ce) {
					t.Fatalf("not an *Error: %v", err)
				}
				return err.Error()
			}
			return describe(f)
		})
	})
}

func describe(f *File) string {
	var b strings.Builder
	for _, q := range f.Queries {
		fmt.Fprintf(&b, "query %s (line %d): mode %s\n", q.Name, q.Line, q.OutputMode)
		if k := q.Source.Kafka; k != nil {
			fmt.Fprintf(&b, "  kafka %v topics %v starting %+v\n", k.Brokers, k.Topics, k.StartingOffsets)
			if k.SASL != nil {
				fmt.Fprintf(&b, "  sasl %v revealed %q\n", *k.SASL, k.SASL.Password.Reveal())
			}
		}
		if d := q.Sink.Delta; d != nil {
			fmt.Fprintf(&b, "  delta %s %s by %v, dead letters to %s\n", d.Mode, d.Table, d.PartitionBy, q.DeadLetter.Table)
		}
		if q.Trigger.ProcessingTime != nil {
			fmt.Fprintf(&b, "  every %v\n", *q.Trigger.ProcessingTime)
		}
		if q.Batch != (Batch{}) {
			fmt.Fprintf(&b, "  batch %v %d bytes %d rows\n", q.Batch.MaxAge, q.Batch.MaxBytes, q.Batch.MaxRows)
		}
	}
	return b.String()
}

func TestDurationsAndSizesReadAsSparkWritesThem(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "10 seconds": 10 * time.Second, "1 hour 30 minutes": 90 * time.Minute,
		"interval 1 day": 24 * time.Hour, "100ms": 100 * time.Millisecond, "2 weeks": 14 * 24 * time.Hour, "0s": 0,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for s, want := range map[string]int64{"256MB": 256 << 20, "64 KiB": 64 << 10, "1g": 1 << 30, "17": 17, "1.5m": 3 << 19} {
		if got, err := ParseBytes(s); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "soon", "10 parsecs", "-5s", "ten seconds"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("ParseDuration(%q) = %v", s, d)
		}
	}
	for _, s := range []string{"", "big", "1XB", "-1", "99999999TB"} {
		if n, err := ParseBytes(s); err == nil {
			t.Errorf("ParseBytes(%q) = %v", s, n)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := SASL{Username: "u", Password: "hunter2"}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %s %q", s, s, s.Password, s.Password)} {
		if strings.Contains(out, "hunter2") {
			t.Errorf("the secret shows in %s", out)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name: a\nsource: {kafka: {brokers: [a:1], topics: [t]}}\nsink: {delta: {table: x}}")
	f.Add("queries: [{name: a}, *x]")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, s string) {
		env := Environment{Lookup: func(string) (string, bool) { return "", false }, ReadFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }}
		if _, err := Parse("f", []byte(s), env); err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
	})
}
