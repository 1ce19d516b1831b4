package sql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// changesFunction is the table function under table_changes, which has a way to leave its last argument out.
const (
	changesFunction = "ingestd_table_changes"
	changesMacro    = `CREATE MACRO table_changes
		(path, first) AS TABLE (SELECT * FROM ingestd_table_changes(path, first, NULL)),
		(path, first, last) AS TABLE (SELECT * FROM ingestd_table_changes(path, first, last))`
)

// ChangesRef is what a query says of the change data feed of a Delta table: table_changes('path', 2, 7), of versions or timestamps.
type ChangesRef struct {
	Path     string
	From, To ChangesBound
}

// ChangesBound is a version or a timestamp; neither is none.
type ChangesBound struct {
	Version   *int64
	Timestamp *time.Time
}

// String spells the reference as the query does.
func (r ChangesRef) String() string {
	text := "table_changes(" + quotedText(r.Path) + ", " + r.From.String()
	if r.To != (ChangesBound{}) {
		text += ", " + r.To.String()
	}
	return text + ")"
}

// String spells the bound as the query does.
func (b ChangesBound) String() string {
	switch {
	case b.Version != nil:
		return strconv.FormatInt(*b.Version, 10)
	case b.Timestamp != nil:
		return "'" + b.Timestamp.UTC().Format(time.RFC3339Nano) + "'"
	}
	return "NULL"
}

func quotedText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// bindChanges opens the feed of table_changes('path', from[, to]).
func bindChanges(info duckdb.BindInfo, db *DB, s *Session) (source, error) {
	if db.opts.OpenChanges == nil || s == nil {
		return nil, fmt.Errorf("table_changes(...) cannot be used here")
	}
	path := duckdb.BindGetParameter(info, 0)
	defer duckdb.DestroyValue(&path)
	if duckdb.IsNullValue(path) {
		return nil, fmt.Errorf("table_changes(NULL, ...): a path is wanted")
	}
	ref := ChangesRef{Path: duckdb.GetVarchar(path)}
	for i, to := range []*ChangesBound{&ref.From, &ref.To} {
		var err error
		if *to, err = readBound(info, i+1); err != nil {
			return nil, fmt.Errorf("table_changes(%s, ...): %w", quotedText(ref.Path), err)
		}
	}
	if ref.From == (ChangesBound{}) {
		return nil, fmt.Errorf("%s: the version or the timestamp to begin with is wanted", ref)
	}
	return s.source(ref.String(), func(ctx context.Context) (TableSource, error) { return db.opts.OpenChanges(ctx, ref) })
}

// readBound reads a version, which is a whole number, or else a timestamp.
func readBound(info duckdb.BindInfo, parameter int) (ChangesBound, error) {
	v := duckdb.BindGetParameter(info, duckdb.IdxT(parameter))
	defer duckdb.DestroyValue(&v)
	if duckdb.IsNullValue(v) {
		return ChangesBound{}, nil
	}
	text := duckdb.GetVarchar(v)
	switch duckdb.GetTypeId(duckdb.GetValueType(v)) {
	case duckdb.TypeTinyInt, duckdb.TypeSmallInt, duckdb.TypeInteger, duckdb.TypeBigInt, duckdb.TypeHugeInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return ChangesBound{}, fmt.Errorf("%s is no version", text)
		}
		return ChangesBound{Version: &n}, nil
	default:
		t, err := parseTimestamp(text)
		if err != nil {
			return ChangesBound{}, err
		}
		return ChangesBound{Timestamp: &t}, nil
	}
}
