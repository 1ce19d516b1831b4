package variant

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/variant"
)

// Names of the parts of a variant in Parquet.
const (
	metadataName = "metadata"
	valueName    = "value"
	typedName    = "typed_value"
)

// IsShredded tells whether a struct in a file is a shredded variant: it has metadata and a typed value.
func IsShredded(dt *arrow.StructType) bool {
	_, meta := dt.FieldIdx(metadataName)
	_, typed := dt.FieldIdx(typedName)
	return meta && typed
}

// Unshred puts the variants of an array for which IsShredded is true together. Schema out: to, a struct of two
// binaries called value and metadata, in its order. The caller releases the result. Errors: *CorruptError.
func Unshred(src *array.Struct, to *arrow.StructType) (arrow.Array, error) {
	root := partOf(src)
	metadata, ok := field(src, metadataName).(*array.Binary)
	if !ok {
		return nil, &CorruptError{Row: -1, Err: errors.New("its metadata is no binary")}
	}
	b := array.NewStructBuilder(memory.DefaultAllocator, to)
	defer b.Release()
	value, meta := -1, -1
	for i, f := range to.Fields() {
		switch f.Name {
		case valueName:
			value = i
		case metadataName:
			meta = i
		}
	}
	if value < 0 || meta < 0 {
		return nil, fmt.Errorf("%s is no variant", to)
	}
	for i := range src.Len() {
		if src.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(true)
		var m, v []byte
		err := guard(func() (err error) {
			m, v, err = root.assemble(metadata.Value(i), i)
			return err
		})
		if err != nil {
			return nil, &CorruptError{Row: i, Err: err}
		}
		b.FieldBuilder(meta).(*array.BinaryBuilder).Append(m)
		b.FieldBuilder(value).(*array.BinaryBuilder).Append(v)
	}
	return b.NewArray(), nil
}

// assemble makes the two binaries of one row.
func (p *part) assemble(metadata []byte, i int) (m, v []byte, err error) {
	meta, err := variant.NewMetadata(metadata)
	if err != nil {
		return nil, nil, err
	}
	a := &assembly{meta: meta, b: variant.NewBuilderFromMeta(meta), keys: meta.DictionarySize()}
	there, err := a.append(p, i)
	if err == nil && !there {
		err = a.b.AppendNull()
	}
	if err != nil {
		return nil, nil, err
	}
	if !a.grown {
		return metadata, a.b.BuildWithoutMeta(), nil
	}
	whole, err := a.b.Build()
	if err != nil {
		return nil, nil, err
	}
	grown := whole.Metadata()
	return grown.Bytes(), whole.Bytes(), nil
}

// part is a value that may be shredded: bytes, a typed column, or both.
type part struct {
	value  *array.Binary
	typed  arrow.Array
	fields []namedPart // of a typed struct
	elem   *part       // of a typed list
}

type namedPart struct {
	name string
	*part
}

func field(s *array.Struct, name string) arrow.Array {
	i, ok := s.DataType().(*arrow.StructType).FieldIdx(name)
	if !ok {
		return nil
	}
	a := s.Field(i)
	if e, ok := a.(array.ExtensionArray); ok { // UUIDs
		return e.Storage()
	}
	return a
}

func partOf(s *array.Struct) *part {
	p := &part{typed: field(s, typedName)}
	p.value, _ = field(s, valueName).(*array.Binary)
	switch t := p.typed.(type) {
	case *array.Struct:
		for i, f := range t.DataType().(*arrow.StructType).Fields() {
			if inner, ok := t.Field(i).(*array.Struct); ok {
				p.fields = append(p.fields, namedPart{f.Name, partOf(inner)})
			}
		}
	case *array.List:
		if inner, ok := t.ListValues().(*array.Struct); ok {
			p.elem = partOf(inner)
		}
	}
	return p
}

// assembly is a variant in the making.
type assembly struct {
	meta  variant.Metadata
	b     *variant.Builder
	keys  uint32
	grown bool // the metadata of the file lacks a name
}

// append writes the value of row i, and tells whether there is one.
func (a *assembly) append(p *part, i int) (bool, error) {
	typed := p.typed != nil && p.typed.IsValid(i)
	rest := p.value != nil && p.value.IsValid(i)
	switch {
	case !typed && !rest:
		return false, nil
	case !typed:
		return true, a.b.UnsafeAppendEncoded(p.value.Value(i))
	}
	_, isStruct := p.typed.(*array.Struct)
	switch {
	case isStruct && rest:
		return true, a.object(p, p.value.Value(i), i)
	case isStruct:
		return true, a.object(p, nil, i)
	case rest:
		return true, errors.New("it has a value and a typed value at once")
	case p.elem != nil:
		return true, a.list(p, p.typed.(*array.List), i)
	}
	return true, a.primitive(p.typed, i)
}

// object writes the typed fields that are there, and those that only the bytes have.
func (a *assembly) object(p *part, rest []byte, i int) error {
	start := a.b.Offset()
	var entries []variant.FieldEntry
	typed := make(map[string]bool, len(p.fields))
	for _, f := range p.fields {
		typed[f.name] = true
		offset := a.b.Offset() - start
		there, err := a.append(f.part, i)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
		if there {
			e := a.entry(start, f.name)
			e.Offset = offset
			entries = append(entries, e)
		}
	}
	if rest != nil {
		v, err := variant.NewWithMetadata(a.meta, rest)
		if err != nil {
			return err
		}
		obj, ok := v.Value().(variant.ObjectValue)
		if !ok {
			return errors.New("what is left of an object is none")
		}
		for name, value := range obj.Values() {
			if typed[name] {
				continue
			}
			entries = append(entries, a.entry(start, name))
			if err := a.b.UnsafeAppendEncoded(value.Bytes()); err != nil {
				return err
			}
		}
	}
	return a.b.FinishObject(start, entries)
}

func (a *assembly) entry(start int, name string) variant.FieldEntry {
	e := a.b.NextField(start, name)
	a.grown = a.grown || e.ID >= a.keys
	return e
}

func (a *assembly) list(p *part, l *array.List, i int) error {
	start := a.b.Offset()
	var offsets []int
	from, to := l.ValueOffsets(i)
	for j := from; j < to; j++ {
		offsets = append(offsets, a.b.NextElement(start))
		there, err := a.append(p.elem, int(j))
		if err == nil && !there { // not allowed; read as null
			err = a.b.AppendNull()
		}
		if err != nil {
			return fmt.Errorf("element %d: %w", j-from, err)
		}
	}
	return a.b.FinishArray(start, offsets)
}
