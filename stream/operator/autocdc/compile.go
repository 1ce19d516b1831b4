package autocdc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/schema"
)

// plan is the words over rows of a schema. It is safe for concurrent use.
type plan struct {
	o         Options
	batch     changes.Batch
	columns   []int // of the rows, by column of the batch
	keys      []int // columns of the batch
	sequence  expression.Projection
	deletes   predicate.Filter // nil: never
	truncates predicate.Filter // nil: never
	closers   []func() error
}

// Check says what is wrong with the words over rows of a schema, and gives the columns that the table gets. Errors: *OptionError; others are not of the
// words.
func Check(ctx context.Context, o Options, in *arrow.Schema) ([]arrow.Field, error) {
	p, err := compile(ctx, o, in)
	if err != nil {
		return nil, err
	}
	return p.batch.Columns, p.close()
}

// compile makes a plan, which the caller closes.
func compile(ctx context.Context, o Options, in *arrow.Schema) (*plan, error) {
	if o.Expressions == nil {
		return nil, errors.New("there is nothing to compile expressions with")
	}
	p := &plan{o: o}
	for _, step := range []func(context.Context, *arrow.Schema) error{p.chooseColumns, p.findKeys, p.compileSequence, p.compileConditions} {
		if err := step(ctx, in); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

func (p *plan) close() error {
	var errs []error
	for _, c := range p.closers {
		errs = append(errs, c())
	}
	p.closers = nil
	return errors.Join(errs...)
}

// find gives the place of a column that a word names.
func find(in *arrow.Schema, option string, i int, name string) (int, error) {
	at := slices.IndexFunc(in.Fields(), func(f arrow.Field) bool { return schema.Fold(f.Name) == schema.Fold(name) })
	if at < 0 {
		return 0, &OptionError{fmt.Sprintf("%s[%d]", option, i), fmt.Errorf("there is no column %s%s", name, suggest.DidYouMean(name, arrowrows.Names(in)))}
	}
	return at, nil
}

// chooseColumns finds the columns that the table gets, in the order of the rows.
func (p *plan) chooseColumns(_ context.Context, in *arrow.Schema) error {
	listed, key := map[int]bool{}, map[int]bool{}
	for i, name := range p.o.Keys {
		at, err := find(in, "keys", i, name)
		if err != nil {
			return err
		}
		key[at] = true
	}
	option, names := "columns", p.o.Columns
	if p.o.Except != nil {
		option, names = "columns.except", p.o.Except
	}
	for i, name := range names {
		at, err := find(in, option, i, name)
		if err != nil {
			return err
		}
		if key[at] && p.o.Except != nil {
			return &OptionError{fmt.Sprintf("%s[%d]", option, i), fmt.Errorf("%s is a key, which the table needs", name)}
		}
		listed[at] = true
	}
	for i, f := range in.Fields() {
		if !key[i] && (p.o.Columns != nil && !listed[i] || p.o.Except != nil && listed[i]) {
			continue
		}
		if strings.HasPrefix(schema.Fold(f.Name), "__ingestd_") {
			return &OptionError{"columns", fmt.Errorf("a column %s, as only those are called that describe changes: name it otherwise", f.Name)}
		}
		p.columns = append(p.columns, i)
		p.batch.Columns = append(p.batch.Columns, f)
	}
	return nil
}

// findKeys finds the keys among the columns of the table.
func (p *plan) findKeys(context.Context, *arrow.Schema) error {
	if len(p.o.Keys) == 0 {
		return &OptionError{"keys", errors.New("is missing; name the columns that tell a row from all others")}
	}
	columns, err := arrowmap.FromArrow(arrow.NewSchema(p.batch.Columns, nil))
	if err != nil {
		return &OptionError{"columns", err}
	}
	for i := range p.o.Keys {
		named, err := changes.KeysOf(columns, p.batch, p.o.Keys[i:i+1])
		if err != nil {
			return &OptionError{fmt.Sprintf("keys[%d]", i), err}
		}
		if slices.Contains(p.batch.Keys, named[0]) {
			return &OptionError{fmt.Sprintf("keys[%d]", i), fmt.Errorf("%s is named twice", named[0])}
		}
		p.batch.Keys = append(p.batch.Keys, named[0])
		p.keys = append(p.keys, slices.IndexFunc(p.batch.Columns, func(f arrow.Field) bool { return f.Name == named[0] }))
	}
	return nil
}

func (p *plan) compileSequence(ctx context.Context, in *arrow.Schema) error {
	dt, err := p.o.Expressions.Type(p.o.SequenceBy, in)
	if err == nil {
		_, err = changes.OrderOf(dt)
	}
	if err != nil {
		return &OptionError{"sequence_by", err}
	}
	p.batch.SourceTime = dt
	out := arrow.NewSchema([]arrow.Field{{Name: "sequence_by", Type: dt, Nullable: true}}, nil)
	if p.sequence, err = p.o.Expressions.Project(ctx, []string{p.o.SequenceBy}, in, out); err != nil {
		return &OptionError{"sequence_by", err}
	}
	p.closers = append(p.closers, p.sequence.Close)
	return nil
}

func (p *plan) compileConditions(ctx context.Context, in *arrow.Schema) error {
	for _, c := range []struct {
		option, text string
		to           *predicate.Filter
	}{{"delete_when", p.o.DeleteWhen, &p.deletes}, {"truncate_when", p.o.TruncateWhen, &p.truncates}} {
		if c.text == "" {
			continue
		}
		f, err := p.o.Expressions.Filter(ctx, c.text, in)
		if err != nil {
			return &OptionError{c.option, err}
		}
		if closer, ok := f.(interface{ Close() error }); ok {
			p.closers = append(p.closers, closer.Close)
		}
		*c.to = f
	}
	return nil
}
