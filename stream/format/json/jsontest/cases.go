// Package jsontest reads the cases that say what package json makes of a record and what Spark's
// from_json makes of it, so that tests here and tests beside a real Spark go over the same ones.
//
// It knows neither package json nor Spark.
package jsontest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Case is one record read with one schema.
//
// Cells are the columns in the canonical form of the integration tests (canon.py): null, true, 12,
// 1.5, NaN, 12.30, "text", x'00ff', 19753d, 1700000000000000usZ, [1,2], {"a":1}, map("a":1).
type Case struct {
	Schema string `json:"schema"`                 // DDL
	Input  string `json:"input,omitempty"`        // the record
	Raw    []byte `json:"input_base64,omitempty"` // the record where it is not UTF-8

	// What package json makes of it: cells, or no row.
	Cells    []string `json:"cells,omitempty"`
	Rejected bool     `json:"rejected,omitempty"`

	// Spark is what from_json makes of it where that is something else, and Why the reason.
	Spark *Spark `json:"spark,omitempty"`
	Why   string `json:"why,omitempty"`
}

// Spark is what Spark 4.2's from_json gives with no options but timeZone UTC and
// columnNameOfCorruptRecord (which is how a malformed record shows).
type Spark struct {
	Cells     []string `json:"cells,omitempty"`
	Malformed bool     `json:"malformed,omitempty"`
	Varies    bool     `json:"varies,omitempty"` // the answer depends on the day; not to be compared
}

// Record is the record's bytes.
func (c *Case) Record() []byte {
	if c.Raw != nil {
		return c.Raw
	}
	return []byte(c.Input)
}

// WantSpark is what Spark is expected to give.
func (c *Case) WantSpark() Spark {
	if c.Spark != nil {
		return *c.Spark
	}
	return Spark{Cells: c.Cells, Malformed: c.Rejected}
}

// Files are the files of cases in dir, which is stream/format/json/testdata.
func Files(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "spark_*.jsonl"))
	slices.Sort(files)
	return files, err
}

// Read reads the cases of a file, one JSON object a line.
func Read(file string) ([]Case, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var cases []Case
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		cases = append(cases, c)
	}
	return cases, lines.Err()
}

// Write writes the cases of a file.
func Write(file string, cases []Case) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, c := range cases {
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
