package match

import (
	"context"
	"errors"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/table/arrowtest"
)

// sourceSchema has a column of each layout, and one that comes as a dictionary.
var sourceSchema = arrow.NewSchema([]arrow.Field{
	{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "dec", Type: &arrow.Decimal128Type{Precision: 20, Scale: 3}, Nullable: true},
	{Name: "yes", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
	{Name: "struct", Type: arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, arrow.Field{Name: "b", Type: arrow.BinaryTypes.String, Nullable: true}), Nullable: true},
	{Name: "map", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Float64), Nullable: true},
}, nil)

func byKey(ctx context.Context, rec arrow.RecordBatch) ([]uint64, error) {
	k, err := NewKeys(ctx, array.NewRecordBatch(arrow.NewSchema(rec.Schema().Fields()[:1], nil), rec.Columns()[:1], rec.NumRows()), nil)
	if err != nil {
		return nil, err
	}
	defer k.Release()
	return k.Hash(nil), nil
}

func TestASourceGivesBackWhatItGot(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		o := SourceOptions{Budget: []int64{0, 1, 2000}[r.Intn(3)], Dir: dir}
		if r.Intn(2) == 0 {
			o.Hash = byKey
		}
		s := NewSource(sourceSchema, o)
		var want []string
		for range r.Intn(5) {
			rec := arrowtest.Batch(r, sourceSchema, r.Intn(40))
			want = append(want, arrowtest.Rows(rec)...)
			if err := s.Append(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			rec.Release()
			if r.Intn(3) == 0 {
				if err := s.Seal(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if s.Len() != int64(len(want)) {
			t.Fatalf("%d rows, not %d", s.Len(), len(want))
		}
		slices.Sort(want)
		for range 2 { // as often as one likes
			var got []string
			in := map[int64]int{} // the part that a key is in
			part := 0
			for rows, err := range s.Parts(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, partRows(t, rows, in, part, o.Hash != nil)...)
				rows.Release()
				part++
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%q\nand not\n%q", got, want)
			}
		}
		if s.Spilled() != (o.Budget == 1 && len(want) > 0) && o.Budget != 2000 {
			t.Fatalf("spilled: %t, budget %d", s.Spilled(), o.Budget)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		noFiles(t, dir)
	})
}

// partRows are the rows of a part, whose numbers must be right, and of which the keys must be in no other.
func partRows(t *rapid.T, rows *Rows, in map[int64]int, part int, keyed bool) (out []string) {
	n := 0
	for c, chunk := range rows.Chunks() {
		if rows.Start(c) != n {
			t.Fatalf("chunk %d starts at %d, not %d", c, rows.Start(c), n)
		}
		for i := range int(chunk.NumRows()) {
			if rows.chunkOf(n+i) != c {
				t.Fatalf("row %d is in chunk %d, not %d", n+i, rows.chunkOf(n+i), c)
			}
			if k := chunk.Column(0).(*array.Int64); keyed && k.IsValid(i) {
				if was, ok := in[k.Value(i)]; ok && was != part {
					t.Fatalf("key %d is in parts %d and %d", k.Value(i), was, part)
				}
				in[k.Value(i)] = part
			}
		}
		n += int(chunk.NumRows())
		out = append(out, arrowtest.Rows(chunk)...)
	}
	if rows.Len() != n {
		t.Fatalf("%d rows, not %d", rows.Len(), n)
	}
	if one, err := rows.One(); err != nil || n > 0 && !slices.Equal(arrowtest.Rows(one), out) {
		t.Fatalf("one batch is not the chunks: %v", err)
	} else if one != nil {
		one.Release()
	}
	return out
}

func noFiles(t interface{ Fatalf(string, ...any) }, dir string) {
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Fatalf("files are left: %v", left)
	}
}

// Keys that match nothing are many in some sources; they must not all come into one part, which is to fit into memory.
func TestRowsThatMatchNothingAreSpread(t *testing.T) {
	s := NewSource(sourceSchema, SourceOptions{Budget: 1, Dir: t.TempDir(), Hash: func(_ context.Context, rec arrow.RecordBatch) ([]uint64, error) {
		return make([]uint64, rec.NumRows()), nil
	}})
	rec := arrowtest.Batch(rand.New(rand.NewSource(1)), sourceSchema, 640)
	defer rec.Release()
	if err := s.Append(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	most := 0
	for rows, err := range s.Parts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, rows.Len())
		rows.Release()
	}
	if err := s.Close(); err != nil || most > 20 {
		t.Fatal(most, err)
	}
}

// Each part costs a pass over the table, so there are no more of them than the budget asks for.
func TestASourceLittleBeyondTheBudgetHasFewParts(t *testing.T) {
	rec := arrowtest.Batch(rand.New(rand.NewSource(1)), sourceSchema, 2000)
	defer rec.Release()
	s := NewSource(sourceSchema, SourceOptions{Budget: sizeOf(rec) * 2 / 3, Dir: t.TempDir(), Hash: byKey})
	if err := s.Append(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	n, rowsSeen := 0, 0
	for rows, err := range s.Parts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n, rowsSeen = n+1, rowsSeen+rows.Len()
		rows.Release()
	}
	if err := s.Close(); err != nil || n < 2 || n > 4 || rowsSeen != 2000 {
		t.Fatal(n, rowsSeen, err)
	}
}

func TestFilesAreDeletedAfterErrorsToo(t *testing.T) {
	broken := errors.New("no hash")
	for name, hash := range map[string]func(n int) error{
		"at once": func(int) error { return broken },
		"later": func(n int) error {
			if n > 1 {
				return broken
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, n := t.TempDir(), 0
			s := NewSource(sourceSchema, SourceOptions{Budget: 1, Dir: dir, Hash: func(ctx context.Context, rec arrow.RecordBatch) ([]uint64, error) {
				if n++; hash(n) != nil {
					return nil, hash(n)
				}
				return byKey(ctx, rec)
			}})
			var err error
			for i := int64(0); err == nil && i < 4; i++ {
				rec := arrowtest.Batch(rand.New(rand.NewSource(i)), sourceSchema, 20)
				if err = s.Append(t.Context(), rec); err == nil {
					err = s.Seal(t.Context())
				}
				rec.Release()
			}
			if !errors.Is(err, broken) {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			noFiles(t, dir)
		})
	}
}

func TestAFolderThatIsNotThereIsTold(t *testing.T) {
	s := NewSource(sourceSchema, SourceOptions{Budget: 1, Dir: filepath.Join(t.TempDir(), "no", "such")})
	rec := arrowtest.Batch(rand.New(rand.NewSource(1)), sourceSchema, 20)
	defer rec.Release()
	err := errors.Join(s.Append(t.Context(), rec), s.Seal(t.Context()))
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReadingPartsEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	s := NewSource(sourceSchema, SourceOptions{Budget: 1, Dir: dir, Hash: byKey})
	rec := arrowtest.Batch(rand.New(rand.NewSource(1)), sourceSchema, 200)
	defer rec.Release()
	if err := errors.Join(s.Append(t.Context(), rec), s.Seal(t.Context())); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for rows, err := range s.Parts(ctx) {
		if err == nil {
			rows.Release()
			t.Fatal("a part, though the context has ended")
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	noFiles(t, dir)
}

func TestDictionariesOfASourceAreFlattened(t *testing.T) {
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: dict, Nullable: true}}, nil)
	s := NewSource(schema, SourceOptions{})
	defer s.Close()
	rec := arrowtest.Batch(rand.New(rand.NewSource(3)), arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}}, nil), 50)
	defer rec.Release()
	column := arrowtest.Dictionary(rand.New(rand.NewSource(4)), rec.Column(0))
	defer column.Release()
	encoded := oneColumn(column)
	defer encoded.Release()
	if err := s.Append(t.Context(), encoded); err != nil {
		t.Fatal(err)
	}
	for rows, err := range s.Parts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if got := rows.Chunks()[0]; !got.Schema().Equal(arrowrows.PlainSchema(schema)) || !slices.Equal(arrowtest.Rows(got), arrowtest.Rows(rec)) {
			t.Fatal(got.Schema())
		}
		rows.Release()
	}
}

func TestRowsAreFoundInTheirChunks(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var chunks []arrow.RecordBatch
	var all []string
	for _, n := range []int{3, 0, 5, 0, 1} {
		rec := arrowtest.Batch(r, sourceSchema, n)
		chunks, all = append(chunks, rec), append(all, arrowtest.Rows(rec)...)
	}
	rows := newRows(sourceSchema, chunks)
	defer rows.Release()
	want := []int{8, 0, 3, 3, 2, 7}
	got := make([]string, len(want))
	err := rows.Each(want, func(chunk arrow.RecordBatch, at, which []int32) error {
		taken, err := arrowrows.SomeOf(t.Context(), chunk, []string{"k", "text", "dec", "yes", "list", "struct", "map"}, at)
		if err != nil {
			return err
		}
		defer taken.Release()
		if !slices.IsSorted(which) {
			t.Fatal(which)
		}
		for i, w := range which {
			got[w] = arrowtest.Rows(taken)[i]
		}
		return nil
	})
	for i, row := range want {
		if err != nil || got[i] != all[row] {
			t.Fatal(err, row, got[i], all[row])
		}
	}
	if _, err := arrowrows.SomeOf(t.Context(), chunks[0], []string{"none"}, nil); err == nil {
		t.Fatal("a column that is not there was taken")
	}
}
