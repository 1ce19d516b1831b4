package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ingestd/ingestd/internal/suggest"
)

// decoder fills structs from YAML nodes and collects what is wrong on the way.
type decoder struct {
	file     string
	expand   func(string) (string, error)
	places   map[string]*yaml.Node // where each key stands
	reported map[string]bool       // keys with a problem, and the keys around them
	problems []Problem
}

// nodeDecoder is a type that reads its own node.
type nodeDecoder interface {
	decodeNode(d *decoder, n *yaml.Node, key string)
}

func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	p := d.problem(n, key)
	p.Message = fmt.Sprintf(format, args...)
	d.problems = append(d.problems, p)
	d.reported[key] = true
	for i := range key {
		if key[i] == '.' || key[i] == '[' {
			d.reported[key[:i]] = true
		}
	}
}

// problem is one at n, yet without a message.
func (d *decoder) problem(n *yaml.Node, key string) Problem {
	p := Problem{File: d.file, Key: key}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	return p
}

// value decodes n into v, which must be settable.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	n = resolve(n)
	d.places[key] = n
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem(), key)
		return
	}
	if c, ok := v.Addr().Interface().(nodeDecoder); ok {
		c.decodeNode(d, n, key)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, key)
	case reflect.Slice:
		d.slice(n, v, key)
	case reflect.Map:
		d.mapping(n, v, key)
	default:
		d.scalar(n, v, key)
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // "debezium:" with nothing below it is an empty block
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "must be a block of keys (%s)", strings.Join(keysOf(v.Type()), ", "))
		return
	}
	d.unique(n, key)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		f, ok := fieldFor(v, k.Value)
		if !ok {
			d.unknown(k, v.Type(), key)
			continue
		}
		d.value(val, f, join(key, k.Value))
	}
}

// unique reports the keys of a block that stand there twice.
func (d *decoder) unique(n *yaml.Node, key string) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if line, twice := first[k.Value]; twice {
			d.fail(k, join(key, k.Value), "stands here a second time; the first is in line %d", line)
			continue
		}
		first[k.Value] = k.Line
	}
}

// unknown reports a key that there is not. What the key was meant to be counts as reported too.
func (d *decoder) unknown(k *yaml.Node, t reflect.Type, key string) {
	known := keysOf(t)
	if best, ok := suggest.Nearest(k.Value, known); ok {
		d.reported[join(key, best)] = true
	}
	d.fail(k, join(key, k.Value), "unknown key%s", suggest.DidYouMean(k.Value, known))
}

func (d *decoder) slice(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, key, "must be a list")
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		d.value(c, out.Index(i), fmt.Sprintf("%s[%d]", key, i))
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "must be a block of keys")
		return
	}
	d.unique(n, key)
	out := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(n.Content[i+1], e, join(key, n.Content[i].Value))
		out.SetMapIndex(reflect.ValueOf(n.Content[i].Value), e)
	}
	v.Set(out)
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[Bytes]()
)

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, key string) {
	s, ok := d.text(n, key)
	if !ok {
		return
	}
	var err error
	switch {
	case v.Type() == durationType:
		var x time.Duration
		x, err = ParseDuration(s)
		v.SetInt(int64(x))
	case v.Type() == bytesType:
		var x int64
		x, err = ParseBytes(s)
		v.SetInt(x)
	case v.Kind() == reflect.String:
		v.SetString(s)
	case v.Kind() == reflect.Bool:
		v.SetBool(s == "true")
		if s != "true" && s != "false" {
			err = fmt.Errorf("must be true or false, not %q", s)
		}
	case v.CanInt():
		var x int64
		x, err = strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, v.Type().Bits())
		v.SetInt(x)
		if err != nil {
			err = fmt.Errorf("must be a whole number, not %q", s)
		}
	default:
		panic("config: a field of type " + v.Type().String()) // a mistake in this package, found by its tests
	}
	if err != nil {
		d.fail(n, key, "%v", err)
	}
}

// text gives the expanded text of a scalar.
func (d *decoder) text(n *yaml.Node, key string) (string, bool) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, key, "must be a single value")
		return "", false
	}
	if n.Tag == "!!null" && n.Value != "" {
		d.fail(n, key, "must not be null")
		return "", false
	}
	s, err := d.expand(n.Value)
	if err != nil {
		d.fail(n, key, "%v", err)
		return "", false
	}
	return s, true
}

func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// place gives the node of key or, where the file does not have it, of the nearest key around it.
func (d *decoder) place(key string) *yaml.Node {
	for {
		if n := d.places[key]; n != nil {
			return n
		}
		i := strings.LastIndexAny(key, ".[")
		if i < 0 {
			return d.places[""]
		}
		key = key[:i]
	}
}

func (d *decoder) line(key string) int {
	if n := d.place(key); n != nil {
		return n.Line
	}
	return 0
}

func fieldFor(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		switch tag := v.Type().Field(i).Tag.Get("yaml"); {
		case tag == inline:
			if f, ok := fieldFor(v.Field(i), name); ok {
				return f, true
			}
		case tag == name && name != "":
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		switch tag := t.Field(i).Tag.Get("yaml"); {
		case tag == inline:
			keys = append(keys, keysOf(t.Field(i).Type)...)
		case tag != "":
			keys = append(keys, tag)
		}
	}
	return keys
}

// inline is the tag of a struct whose keys stand among those of the struct around it.
const inline = ",inline"

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
