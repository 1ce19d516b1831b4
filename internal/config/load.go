package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"

	"go.yaml.in/yaml/v4"
)

// document is the file as it is written: one query at the top level, or several under queries.
type document struct {
	Query   `yaml:",inline"`
	Queries []*Query `yaml:"queries"`
	Storage Storage  `yaml:"storage"`
	Server  Server   `yaml:"server"`
}

// Load reads a pipeline file. The error is an *Error.
func Load(path string, env Environment) (*File, error) {
	data, err := os.ReadFile(path)
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	if err != nil {
		return nil, newError([]Problem{{File: path, Message: "cannot be read: " + err.Error()}})
	}
	return Parse(path, data, env)
}

// Parse reads a pipeline file from memory; name is for messages.
func Parse(name string, data []byte, env Environment) (*File, error) {
	d := &decoder{file: name, expand: env.expand, places: map[string]*yaml.Node{}, reported: map[string]bool{}}
	var root yaml.Node
	if err := yaml.Load(data, &root); err != nil && len(bytes.TrimSpace(data)) > 0 {
		return nil, newError([]Problem{syntaxProblem(name, err)})
	}
	if len(root.Content) == 0 {
		return nil, newError([]Problem{{File: name, Message: "the file is empty; a query has at least name, source and sink"}})
	}
	var doc document
	d.value(root.Content[0], reflect.ValueOf(&doc).Elem(), "")
	f := doc.file(d)
	for i, q := range f.Queries {
		prefix := queryKey(doc, i)
		q.Line = d.line(prefix)
		q.place = func(key string) Problem { return d.problem(d.place(join(prefix, key)), join(prefix, key)) }
	}
	v := validator{decoder: d, names: map[string]bool{}, unreadable: maps.Clone(d.reported)}
	if root.Content[0].Kind != yaml.MappingNode {
		return nil, newError(d.problems)
	}
	for i, q := range f.Queries {
		v.query(q, queryKey(doc, i))
	}
	v.storage(&f.Storage)
	v.server(f.Server)
	if err := newError(d.problems); err != nil {
		return nil, err
	}
	return f, nil
}

func (doc *document) file(d *decoder) *File {
	f := &File{Queries: doc.Queries, Storage: doc.Storage, Server: doc.Server}
	if doc.Queries == nil {
		f.Queries = []*Query{&doc.Query}
		return f
	}
	if !reflect.ValueOf(doc.Query).IsZero() {
		d.fail(nil, "queries", "a file holds one query at its top level, or several under queries, not both")
	}
	if len(doc.Queries) == 0 {
		d.fail(d.places["queries"], "queries", "has no query")
	}
	return f
}

func queryKey(doc document, i int) string {
	if doc.Queries == nil {
		return ""
	}
	return fmt.Sprintf("queries[%d]", i)
}

func syntaxProblem(name string, err error) Problem {
	p := Problem{File: name, Message: "is not valid YAML: " + err.Error()}
	var one *yaml.LoadError
	var all *yaml.LoadErrors
	if errors.As(err, &all) && len(all.Errors) > 0 {
		one = all.Errors[0]
	} else {
		errors.As(err, &one)
	}
	if one != nil {
		p.Line, p.Column, p.Message = one.Mark.Line, one.Mark.Column, "is not valid YAML: "+one.Message
	}
	return p
}
