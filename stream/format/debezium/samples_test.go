package debezium

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/txlog/schema"
)

// readSample reads the records of testdata/NAME.jsonl (see integration/debezium), a chunk for each partition.
func readSample(t *testing.T, name string) (chunks []records) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	index := map[string]int{}
	for lines.Scan() {
		var r struct {
			Key, Value *string
			Topic      string
			Partition  int32
			Offset     int64
			Headers    map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rec := stream.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
		if r.Key != nil {
			rec.Key = []byte(*r.Key)
		}
		if r.Value != nil {
			rec.Value = []byte(*r.Value)
		}
		for k, v := range r.Headers {
			rec.Headers = append(rec.Headers, stream.Header{Key: k, Value: []byte(v)})
		}
		partition := fmt.Sprintf("%s/%d", r.Topic, r.Partition)
		if _, ok := index[partition]; !ok {
			index[partition] = len(chunks)
			chunks = append(chunks, nil)
		}
		chunks[index[partition]] = append(chunks[index[partition]], rec)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return chunks
}

// What a snapshot found and what was inserted later comes out the same, in every mode. Debezium itself sends two things otherwise: dates before
// Christ, which lose their era in a snapshot, and columns of the type name, which are null in the stream.
func TestSnapshotsAndStreamsGiveTheSameValues(t *testing.T) {
	files, err := filepath.Glob("testdata/*-schemas.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	compared := 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".jsonl")
		_, task := newTask(t, Options{})
		for _, chunk := range readSample(t, name) {
			rows := map[string][]string{}
			for _, r := range decodeWith(t, task, chunk).rows {
				if len(r) > 1 && (r[0] == "r" || r[0] == "c") {
					rows[r[1]] = r
				}
			}
			for id := range 10 {
				found, inserted := rows[fmt.Sprintf("id=%d", id)], rows[fmt.Sprintf("id=%d", 100+id)]
				for k := 2; inserted != nil && k < len(found); k++ {
					compared++
					if found[k] == inserted[k] || strings.HasPrefix(found[k], "a_name=") || strings.HasPrefix(inserted[k], "a_date=-") {
						continue
					}
					t.Errorf("%s: row %d has %s in the snapshot and %s in the stream", chunk[0].Topic, id, found[k], inserted[k])
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d values were compared", compared)
	}
}

// pgTable is what PostgreSQL says of a table.
type pgTable struct {
	Keys, Types, Columns []string
	Rows                 [][]*string
}

// readTables reads testdata/NAME.rows.json: the tables after the last change.
func readTables(t *testing.T, name string) map[string]pgTable {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".rows.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ After map[string]pgTable }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all.After
}

// deltaType is the type of a column in a table that was made of the same database before; nil for one that is left open.
func deltaType(pg string) schema.Type {
	switch pg {
	case "integer":
		return schema.Integer
	case "text", "uuid", "jsonb":
		return schema.String
	case "numeric(10,2)":
		return schema.Decimal{Precision: 10, Scale: 2}
	case "numeric(6,2)":
		return schema.Decimal{Precision: 6, Scale: 2}
	case "timestamp with time zone":
		return schema.Timestamp
	case "date":
		return schema.Date
	case "bytea":
		return schema.Binary
	case "integer[]":
		return &schema.Array{Element: schema.Integer, ContainsNull: true}
	case "text[]":
		return &schema.Array{Element: schema.String, ContainsNull: true}
	}
	return nil
}

// spelled is what a value of a type of PostgreSQL looks like in a batch of a sample; false for those that are not compared here.
func spelled(sample, pg, v string) (string, bool) {
	if strings.HasSuffix(pg, "[]") && pg != "integer[]" && pg != "text[]" {
		return "", false
	}
	switch base, _, _ := strings.Cut(pg, "("); base {
	case "integer", "smallint", "bigint", "oid", "text", "character varying", "character", "citext", "uuid", "json", "jsonb", "xml", "mood", "ltree":
		return v, true
	case "boolean":
		return map[string]string{"t": "true", "f": "false"}[v], true
	case "numeric":
		if strings.HasPrefix(sample, "decimal-double") {
			return v, pg == "numeric(10,2)" // others lose digits
		}
		if pg == "numeric" && strings.Contains(v, ".") && !strings.HasPrefix(sample, "decimal-string") { // zeros at the end are not sent
			v = strings.TrimRight(strings.TrimRight(v, "0"), ".")
		}
		return v, true
	case "money":
		return strings.NewReplacer("$", "", ",", "").Replace(v), !strings.HasPrefix(sample, "decimal-double")
	case "real", "double precision":
		f, err := strconv.ParseFloat(v, 64)
		return strconv.FormatFloat(f, 'g', -1, 64), err == nil && !math.IsInf(f, 0) && pg != "real"
	case "date", "time without time zone":
		return v, pg == "date"
	case "timestamp", "timestamp without time zone", "timestamp with time zone":
		if strings.Contains(pg, "without") && (strings.HasPrefix(sample, "time-connect") && len(v) > len("2024-02-29 13:14:15.123") || // are cut
			strings.HasPrefix(sample, "time-nanoseconds") && (v < "1678" || v > "2262")) { // are sent as null
			return "", false
		}
		t := strings.Replace(v, " ", "T", 1)
		return strings.Replace(t, "+00", "Z", 1), !strings.Contains(v, "BC") && !strings.Contains(v, "infinity")
	case "bytea":
		b, err := hex.DecodeString(strings.TrimPrefix(v, `\x`))
		return base64.StdEncoding.EncodeToString(b), err == nil
	case "integer[]":
		return strings.NewReplacer("{", "[", "}", "]", "NULL", "null").Replace(v), !strings.Contains(v, "{{")
	case "text[]":
		return `["` + strings.Trim(v, "{}") + `"]`, !strings.ContainsAny(v, `"\,`) && v != "{}"
	}
	return "", false
}

// applied is a table as changes leave it: the value of each column, by the text of the key.
type applied struct {
	rows  map[string]map[string]string
	gone  map[string]map[string]string // rows that were deleted, as they were
	seqs  map[string]string
	moves int // changes of rows that had another key before
}

// apply applies the changes of a chunk, in the order in which they came.
func (a *applied) apply(t *testing.T, d decoded) {
	t.Helper()
	order := make([]int, len(d.rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return int(d.offsets[i] - d.offsets[j]) })
	was := "" // the key that the next row had before
	for _, i := range order {
		op, cells := d.rows[i][0], map[string]string{}
		for _, c := range d.rows[i][1:] {
			name, v, _ := strings.Cut(c, "=")
			cells[name] = v
		}
		if op == "t" {
			clear(a.rows)
			continue
		}
		var key string
		for _, k := range d.batches[d.batchOf[i]].Keys {
			key += cells[k] + "|"
		}
		if op == "m" {
			was = key
			a.moves++
			continue
		}
		before := a.rows[key]
		if before == nil && was != "" {
			if before = a.rows[was]; before == nil {
				before = a.gone[was]
			}
		}
		was = ""
		if seq := d.sequence[i]; seq != "" && seq < a.seqs[key] {
			t.Errorf("%v comes after what its sequence says is newer", d.rows[i])
		} else {
			a.seqs[key] = seq
		}
		if op == "d" {
			if a.rows[key] != nil {
				a.gone[key] = a.rows[key]
			}
			delete(a.rows, key)
			continue
		}
		for name := range strings.FieldsSeq(d.unknown[i]) {
			old, ok := before[name]
			if !ok {
				t.Errorf("%s of %v is unavailable, and there is no row", name, d.rows[i])
			}
			cells[name] = old
		}
		a.rows[key] = cells
	}
}

// What a real PostgreSQL and a real Debezium sent, decoded and applied, are the tables that PostgreSQL has in the end.
func TestSamplesBecomeTheTablesOfPostgreSQL(t *testing.T) {
	files, err := filepath.Glob("testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	compared := 0
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".jsonl")
		bare := !strings.HasSuffix(name, "-schemas")
		if bare && !slices.Contains([]string{"flat", "flat-tombstone", "flat-rewrite", "flat-rewrite-with-tombstone", "flat-headers", "flat-delete-to-tombstone",
			"transactions", "no-tombstones", "incremental"}, name) {
			continue // their types are not told by anything
		}
		t.Run(name, func(t *testing.T) {
			tables := readTables(t, name)
			opts := Options{}
			if name == "no-tombstones" {
				opts.UnavailableValue = "nothing to see"
			}
			if mode, ok := strings.CutPrefix(name, "binary-"); ok {
				opts.BinaryHandling = BinaryHandling(strings.TrimSuffix(mode, "-schemas"))
			}
			if bare || opts.BinaryHandling != "" || strings.HasPrefix(name, "decimal-double") {
				opts.TableSchema = func(o changes.Origin) (*schema.Struct, error) {
					s := &schema.Struct{}
					table := tables[strings.SplitN(o.Topic, ".", 2)[1]]
					for k, c := range table.Columns {
						s.Fields = append(s.Fields, schema.Field{Name: c, Type: deltaType(table.Types[k]), Nullable: true})
					}
					return s, nil
				}
			}
			_, task := newTask(t, opts)
			for _, chunk := range readSample(t, name) {
				table := strings.SplitN(chunk[0].Topic, ".", 2)[1]
				want, ok := tables[table]
				switch {
				case !ok || len(want.Keys) == 0:
					continue
				case strings.HasPrefix(name, "flat") && table == "public.emptied": // a flattened stream does not tell of truncations
					continue
				case table == "public.odd_times" || table == "public.odd_numbers": // have what Debezium sends as something else
					continue
				}
				got := decodeWith(t, task, chunk)
				if len(got.reasons) > 0 {
					t.Errorf("%s: %v", table, got.reasons)
				}
				a := &applied{map[string]map[string]string{}, map[string]map[string]string{}, map[string]string{}, 0}
				a.apply(t, got)
				compared += compareTable(t, name, table, want, a)
			}
		})
	}
	if compared < 1000 {
		t.Errorf("only %d values were compared", compared)
	}
}

func compareTable(t *testing.T, sample, name string, want pgTable, got *applied) (compared int) {
	t.Helper()
	if len(got.rows) != len(want.Rows) {
		t.Errorf("%s: %d rows, want %d", name, len(got.rows), len(want.Rows))
	}
	for _, row := range want.Rows {
		var key string
		for _, k := range want.Keys {
			at := slices.Index(want.Columns, k)
			v, _ := spelled(sample, want.Types[at], *row[at])
			key += v + "|"
		}
		have, ok := got.rows[key]
		if !ok {
			t.Errorf("%s: no row %s", name, key)
			continue
		}
		for k, c := range want.Columns {
			w, ok := "null", true
			if row[k] != nil {
				w, ok = spelled(sample, want.Types[k], *row[k])
			}
			if name == "public.evolving" && c == "amount" { // became of another scale, which no event tells of the rows that were there
				continue
			}
			if v, there := have[c]; ok && there {
				if w == Unavailable { // a text that happens to be the placeholder cannot be told from it
					continue
				}
				compared++
				if v != w {
					t.Errorf("%s %s: %s is %s, want %s", name, key, c, v, w)
				}
			}
		}
	}
	return compared
}
