package fsck

import (
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// column is a leaf of the data columns that can have bounds.
type column struct {
	physical []string // as statistics name it
	logical  []string // as rows have it
	typ      schema.Type
}

// columnsOf are the leaves through structs only.
func columnsOf(s *schema.Struct, m schema.Mapping) (out []column) {
	var walk func(s *schema.Struct, physical, logical []string)
	walk = func(s *schema.Struct, physical, logical []string) {
		for i := range s.Fields {
			f := &s.Fields[i]
			p, l := append(physical[:len(physical):len(physical)], physicalName(f, m)), append(logical[:len(logical):len(logical)], f.Name)
			if inner, ok := f.Type.(*schema.Struct); ok {
				walk(inner, p, l)
			} else {
				out = append(out, column{p, l, f.Type})
			}
		}
	}
	walk(s, nil, nil)
	return out
}

const recompute = "readers may skip rows that they should not; rewrite the file, for instance by OPTIMIZE, or delete and write its rows again"

// checkStats checks the statistics of a file in themselves.
func (c *check) checkStats(a *action.Add) ([]Finding, error) {
	if a.Stats == nil || *a.Stats == "" {
		c.ids.file(a, -1)
		return c.ids.fileFindings(a, -1), nil
	}
	f, err := c.stats.Decode(*a.Stats)
	if err != nil {
		c.ids.file(a, -1)
		return []Finding{{Kind: BadStatistics, Path: a.Path, What: err.Error(), Do: recompute}}, nil
	}
	c.ids.file(a, f.NumRecords)
	c.ids.bounds(a, f)
	out := c.ids.fileFindings(a, f.NumRecords)
	out = append(out, c.undecoded(a, f)...)
	for _, s := range f.Columns {
		name := strings.Join(s.Path, ".")
		if s.Min != nil && s.Max != nil && scalar.Compare(s.Min, s.Max) > 0 {
			out = append(out, Finding{Kind: WrongStatistics, Path: a.Path, What: fmt.Sprintf("column %s: its least value %v is above its greatest %v", name, s.Min, s.Max), Do: recompute})
		}
		if f.NumRecords >= 0 && s.NullCount > f.NumRecords {
			out = append(out, Finding{Kind: WrongStatistics, Path: a.Path, What: fmt.Sprintf("column %s: %d nulls in %d rows", name, s.NullCount, f.NumRecords), Do: recompute})
		}
	}
	if a.DeletionVector != nil && f.NumRecords >= 0 && a.DeletionVector.Cardinality > f.NumRecords {
		out = append(out, Finding{Kind: WrongStatistics, Path: a.Path, What: fmt.Sprintf("%d rows are deleted of %d", a.DeletionVector.Cardinality, f.NumRecords), Do: recompute})
	}
	if a.DeletionVector != nil && f.NumRecords < 0 {
		out = append(out, Finding{Kind: BadStatistics, Path: a.Path, What: "it has a deletion vector and no numRecords", Do: recompute})
	}
	return out, nil
}

// undecoded finds bounds and counts that are there and no values of their columns.
func (c *check) undecoded(a *action.Add, f *stats.File) (out []Finding) {
	root, err := fastjson.Parse(*a.Stats)
	if err != nil {
		return nil // it has just been parsed
	}
	bad := func(what string, path []string, v *fastjson.Value) {
		text := v.String()
		if len(text) > 60 {
			text = text[:60] + "..."
		}
		out = append(out, Finding{Kind: BadStatistics, Path: a.Path, What: fmt.Sprintf("%s of column %s is %s", what, strings.Join(path, "."), text), Do: recompute})
	}
	if v := root.Get("numRecords"); there(v) && f.NumRecords < 0 {
		out = append(out, Finding{Kind: BadStatistics, Path: a.Path, What: "numRecords is " + v.String(), Do: recompute})
	}
	lows, highs, nulls := root.Get("minValues"), root.Get("maxValues"), root.Get("nullCount")
	for _, col := range c.columns {
		known, _ := f.Column(col.physical...)
		if stats.HasBounds(col.typ) {
			if v := lows.Get(col.physical...); there(v) && known.Min == nil && string(v.GetStringBytes()) != "NaN" {
				bad("the least value", col.physical, v)
			}
			if v := highs.Get(col.physical...); there(v) && known.Max == nil && string(v.GetStringBytes()) != "NaN" {
				bad("the greatest value", col.physical, v)
			}
		}
		// Spark counts the nulls of a VOID column, which no reader needs: it has nothing else.
		if v := nulls.Get(col.physical...); there(v) && known.NullCount < 0 && v.Type() != fastjson.TypeObject && col.typ != schema.Type(schema.Void) {
			bad("the number of nulls", col.physical, v)
		}
	}
	return out
}

func there(v *fastjson.Value) bool { return v != nil && v.Type() != fastjson.TypeNull }
