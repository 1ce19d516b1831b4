package sql

import (
	"context"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/predicate"
)

// pruner makes of a WHERE clause's tree what statistics can decide. A part that it does not know is
// predicate.Unknown; so is one that binds to something else than the table in question.
type pruner struct {
	session *Session
	// resolve finds a column of the table by the names of a reference, with its type.
	resolve func(names []string) (path []string, t arrow.DataType, ok bool)
}

var (
	comparisons = map[string]predicate.Op{
		"COMPARE_EQUAL": predicate.Eq, "COMPARE_NOTEQUAL": predicate.Ne,
		"COMPARE_LESSTHAN": predicate.Lt, "COMPARE_LESSTHANOREQUALTO": predicate.Le,
		"COMPARE_GREATERTHAN": predicate.Gt, "COMPARE_GREATERTHANOREQUALTO": predicate.Ge,
		"COMPARE_NOT_DISTINCT_FROM": predicate.NullSafeEq, "COMPARE_DISTINCT_FROM": predicate.NullSafeEq, // negated
	}
	// turned is the comparison with its sides changed.
	turned = map[predicate.Op]predicate.Op{
		predicate.Lt: predicate.Gt, predicate.Le: predicate.Ge, predicate.Gt: predicate.Lt, predicate.Ge: predicate.Le,
		predicate.Eq: predicate.Eq, predicate.Ne: predicate.Ne, predicate.NullSafeEq: predicate.NullSafeEq,
	}
)

func (p *pruner) expr(ctx context.Context, e node) predicate.Expr {
	switch e.text("class") {
	case "CONJUNCTION":
		args := make([]predicate.Expr, 0, 2)
		for _, c := range e.nodes("children") {
			args = append(args, p.expr(ctx, c))
		}
		if e.text("type") == "CONJUNCTION_OR" {
			return predicate.Or(args)
		}
		return predicate.And(args)
	case "OPERATOR":
		return p.operator(ctx, e)
	case "COMPARISON":
		op, ok := comparisons[e.text("type")]
		if !ok {
			return predicate.Unknown{}
		}
		c := p.comparison(ctx, op, e.child("left"), e.child("right"))
		if e.text("type") == "COMPARE_DISTINCT_FROM" {
			return predicate.Not{Expr: c}
		}
		return c
	case "BETWEEN":
		if e.text("type") != "COMPARE_BETWEEN" {
			return predicate.Unknown{}
		}
		return between(
			p.comparison(ctx, predicate.Ge, e.child("input"), e.child("lower")),
			p.comparison(ctx, predicate.Le, e.child("input"), e.child("upper")))
	case "FUNCTION":
		return p.function(e)
	case "COLUMN_REF":
		if path, t, ok := p.column(e); ok && t.ID() == arrow.BOOL {
			return predicate.Comparison{Op: predicate.Eq, Path: path, Value: predicate.Bool(true)}
		}
	case "CONSTANT", "CAST":
		return p.constant(ctx, e)
	}
	return predicate.Unknown{}
}

// between joins two comparisons that DuckDB makes in one type, which neither bound alone tells.
func between(low, high predicate.Expr) predicate.Expr {
	l, okl := low.(predicate.Comparison)
	h, okh := high.(predicate.Comparison)
	if okl && okh && (l.Value.Kind() == predicate.FloatKind) != (h.Value.Kind() == predicate.FloatKind) {
		return predicate.Unknown{}
	}
	return predicate.And{low, high}
}

func (p *pruner) operator(ctx context.Context, e node) predicate.Expr {
	args := e.nodes("children")
	switch t := e.text("type"); t {
	case "OPERATOR_NOT":
		return predicate.Not{Expr: p.expr(ctx, args[0])}
	case "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL":
		path, _, ok := p.column(args[0])
		if !ok {
			return predicate.Unknown{}
		}
		if t == "OPERATOR_IS_NULL" {
			return predicate.IsNull{Path: path}
		}
		return predicate.IsNotNull(path...)
	case "COMPARE_IN", "COMPARE_NOT_IN":
		in := p.in(ctx, args[0], args[1:])
		if t == "COMPARE_NOT_IN" {
			return predicate.Not{Expr: in}
		}
		return in
	}
	return predicate.Unknown{}
}

// maxIn is the longest list that is looked at.
const maxIn = 1000

func (p *pruner) in(ctx context.Context, left node, list []node) predicate.Expr {
	path, t, ok := p.column(left)
	if !ok || len(list) > maxIn {
		return predicate.Unknown{}
	}
	// DuckDB compares in one type that holds the column and all of the list, so that each alone may mean something else.
	var values []predicate.Value
	hasNull := false
	for _, e := range list {
		v, null, ok := p.value(ctx, t, e)
		switch {
		case null:
			hasNull = true
		case !ok || len(values) > 0 && values[0].Kind() != v.Kind():
			return predicate.Unknown{}
		default:
			values = append(values, v)
		}
	}
	return predicate.NewIn(path, values, hasNull)
}

func (p *pruner) comparison(ctx context.Context, op predicate.Op, left, right node) predicate.Expr {
	path, t, ok := p.column(left)
	if !ok {
		if day, isDay := p.dayOf(ctx, left); isDay {
			return p.dayComparison(ctx, op, day, right)
		}
		left, right, op = right, left, turned[op]
		if path, t, ok = p.column(left); !ok {
			if day, isDay := p.dayOf(ctx, left); isDay {
				return p.dayComparison(ctx, op, day, right)
			}
			return predicate.Unknown{}
		}
	}
	v, null, ok := p.value(ctx, t, right)
	switch {
	case null && op == predicate.NullSafeEq:
		return predicate.IsNull{Path: path}
	case null:
		return predicate.Null
	case !ok:
		return predicate.Unknown{}
	}
	return predicate.Comparison{Op: op, Path: path, Value: v}
}

// dayOf gives the timestamp column that e casts to a date.
func (p *pruner) dayOf(ctx context.Context, e node) (day columnRef, ok bool) {
	if e.text("type") != "OPERATOR_CAST" || e.flag("try_cast") || e.child("cast_type").text("id") != "DATE" {
		return day, false
	}
	day.path, day.t, ok = p.column(e.child("child"))
	if !ok || day.t.ID() != arrow.TIMESTAMP {
		return day, false
	}
	return day, day.t.(*arrow.TimestampType).TimeZone == "" || p.inUTC(ctx)
}

// inUTC tells that the session's days are those of UTC.
func (p *pruner) inUTC(ctx context.Context) bool {
	zone, err := p.session.scalar(ctx, "SELECT current_setting('TimeZone')")
	return err == nil && (zone == "UTC" || zone == "Etc/UTC")
}

type columnRef struct {
	path []string
	t    arrow.DataType
}

const (
	microsPerDay = 86_400_000_000
	maxDays      = 100_000_000 // that many fit a timestamp
)

// dayComparison is CAST(column AS DATE) op date, said of the timestamps themselves.
func (p *pruner) dayComparison(ctx context.Context, op predicate.Op, day columnRef, date node) predicate.Expr {
	v, null, ok := p.value(ctx, arrow.FixedWidthTypes.Date32, date)
	days, isDate := v.Days()
	if null || !ok || !isDate || days < -maxDays || days > maxDays {
		return predicate.Unknown{}
	}
	at := func(op predicate.Op, days int64) predicate.Expr {
		micros := predicate.TimestampNTZ(days * microsPerDay)
		if day.t.(*arrow.TimestampType).TimeZone != "" {
			micros = predicate.Timestamp(days * microsPerDay)
		}
		return predicate.Comparison{Op: op, Path: day.path, Value: micros}
	}
	switch op {
	case predicate.Lt, predicate.Ge:
		return at(op, days)
	case predicate.Le:
		return at(predicate.Lt, days+1)
	case predicate.Gt:
		return at(predicate.Ge, days+1)
	case predicate.Eq:
		return predicate.And{at(predicate.Ge, days), at(predicate.Lt, days+1)}
	case predicate.Ne:
		return predicate.Or{at(predicate.Lt, days), at(predicate.Ge, days+1)}
	case predicate.NullSafeEq:
	}
	return predicate.Unknown{}
}

// column resolves a reference to a column, or to a field of a struct.
func (p *pruner) column(e node) (path []string, t arrow.DataType, ok bool) {
	if e.text("class") != "COLUMN_REF" {
		return nil, nil, false
	}
	return p.resolve(e.names("column_names"))
}

// function knows LIKE with a constant pattern, and starts_with.
func (p *pruner) function(e node) predicate.Expr {
	args := e.nodes("children")
	if len(args) != 2 {
		return predicate.Unknown{}
	}
	path, t, ok := p.column(args[0])
	pattern, constant := args[1].child("value")["value"].(string)
	if !ok || !constant || t.ID() != arrow.STRING || args[1].text("class") != "CONSTANT" {
		return predicate.Unknown{}
	}
	switch strings.ToLower(e.text("function_name")) {
	case "~~":
		return like(path, pattern)
	case "!~~":
		return predicate.Not{Expr: like(path, pattern)}
	case "starts_with", "prefix", "^@":
		return predicate.StartsWith{Path: path, Prefix: pattern}
	}
	return predicate.Unknown{}
}

func like(path []string, pattern string) predicate.Expr {
	i := strings.IndexAny(pattern, "%_")
	switch {
	case i < 0:
		return predicate.Comparison{Op: predicate.Eq, Path: path, Value: predicate.String(pattern)}
	case strings.Trim(pattern[i:], "%") == "":
		return predicate.StartsWith{Path: path, Prefix: pattern[:i]}
	}
	return predicate.And{predicate.StartsWith{Path: path, Prefix: pattern[:i]}, predicate.Unknown{}}
}

// columnsIn makes a resolver for the columns of a schema, as SQL finds them: in any case of letters.
func columnsIn(s *arrow.Schema) func(names []string) ([]string, arrow.DataType, bool) {
	return func(names []string) (path []string, t arrow.DataType, ok bool) {
		fields := s.Fields()
		for i, name := range names {
			f, found := fieldNamed(fields, name)
			if !found {
				return nil, nil, false
			}
			path, t = append(path, f.Name), plain(f.Type)
			st, isStruct := t.(*arrow.StructType)
			if !isStruct && i < len(names)-1 {
				return nil, nil, false
			}
			if isStruct {
				fields = st.Fields()
			}
		}
		return path, t, len(path) > 0
	}
}

func fieldNamed(fields []arrow.Field, name string) (found arrow.Field, ok bool) {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			if ok {
				return found, false
			}
			found, ok = f, true
		}
	}
	return found, ok
}
