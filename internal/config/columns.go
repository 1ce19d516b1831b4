package config

import (
	"reflect"

	"go.yaml.in/yaml/v4"
)

// Columns are some of the columns of rows: those of a list, or all {except: [...]}. Both nil is all.
type Columns struct{ Only, Except []string }

func (c *Columns) decodeNode(d *decoder, n *yaml.Node, key string) {
	switch n.Kind {
	case yaml.SequenceNode:
		d.slice(n, reflect.ValueOf(&c.Only).Elem(), key)
	case yaml.MappingNode:
		var but struct {
			Except []string `yaml:"except"`
		}
		d.structure(n, reflect.ValueOf(&but).Elem(), key)
		if c.Except = but.Except; c.Except == nil && !d.reported[key] {
			d.fail(n, key, "must be a list of columns, or {except: [...]}")
		}
	default:
		d.fail(n, key, "must be a list of columns, or {except: [...]}")
	}
}
