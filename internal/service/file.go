package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/table/expression"
)

// file is one that rows are read from, or several by a name with * in it.
type file struct {
	name   string
	called string // in messages
	read   string // DuckDB's function, with %s for the name
	typed  bool   // its columns have types of their own
}

// fileRows is Rows for a file. One that has nothing in it has no columns.
func (t Tables) fileRows(ctx context.Context, in file, f func(*arrow.Schema, iter.Seq2[arrow.RecordBatch, error]) error) error {
	if !in.typed && hollow(in.name) {
		return f(arrow.NewSchema(nil, nil), func(func(arrow.RecordBatch, error) bool) {})
	}
	err := t.selected(ctx, "FROM "+fmt.Sprintf(in.read, sql.Literal(in.name)), !in.typed, f)
	var wrong *sql.SQLError
	var value *expression.ValueError // of an expression over the rows; it names the column
	if errors.As(err, &wrong) && wrong.Cause == nil && !errors.As(err, &value) {
		return &InputError{in.called + ": " + in.explained(wrong.Message)}
	}
	return err
}

// explained is a message about the file without what only a writer of SQL can make use of.
func (in file) explained(message string) string {
	if strings.Contains(message, "expected records, but got non-record JSON") {
		return `JSON objects are wanted, such as {"id": 1}; there are other values, or objects without fields`
	}
	return strings.ReplaceAll(message, in.name, in.called)
}

// hollow says whether a file has nothing in it but blanks, or an empty JSON array.
func hollow(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false // whoever reads it says why
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	start := make([]byte, 4096)
	n, err := io.ReadFull(f, start)
	if err == nil {
		return false
	}
	text := bytes.TrimSpace(start[:n])
	if bytes.HasPrefix(text, []byte("[")) && bytes.HasSuffix(text, []byte("]")) {
		text = bytes.TrimSpace(text[1 : len(text)-1])
	}
	return len(text) == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// spool copies what can be read once to a file. Where ctx ends first, the reading goes on until there is something
// to read or the process ends: it cannot be stopped.
func spool(ctx context.Context, r io.Reader) (name string, err error) {
	to, err := os.CreateTemp("", "ingestd-rows-*.jsonl")
	if err != nil {
		return "", fmt.Errorf("keep the rows of standard input: %w", err)
	}
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(to, r)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err = errors.Join(err, to.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("keep the rows of standard input: %w", err), os.Remove(to.Name()))
	}
	return to.Name(), nil
}
