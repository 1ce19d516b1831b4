package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// node is a part of the syntax tree that DuckDB's json_serialize_sql gives: an expression has class and type, a
// table in FROM and a query node have type.
type node map[string]any

func (n node) text(key string) string { s, _ := n[key].(string); return s }

func (n node) flag(key string) bool { b, _ := n[key].(bool); return b }

// child is a part of n, nil where there is none.
func (n node) child(key string) node { c, _ := n[key].(map[string]any); return c }

func (n node) list(key string) []any { l, _ := n[key].([]any); return l }

// nodes are the parts of n in a list.
func (n node) nodes(key string) []node {
	var out []node
	for _, v := range n.list(key) {
		if c, ok := v.(map[string]any); ok {
			out = append(out, c)
		}
	}
	return out
}

// names are the strings of a list.
func (n node) names(key string) []string {
	var out []string
	for _, v := range n.list(key) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// walk visits n and all below it, in no order, until visit says no for a part.
func (n node) walk(visit func(node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, v := range n {
		walkValue(v, visit)
	}
}

func walkValue(v any, visit func(node) bool) {
	switch v := v.(type) {
	case map[string]any:
		node(v).walk(visit)
	case []any:
		for _, e := range v {
			walkValue(e, visit)
		}
	}
}

// parse gives the tree of a query, the node of its one SELECT.
func (s *Session) parse(ctx context.Context, query string) (node, error) {
	text, err := s.scalar(ctx, "SELECT CAST(json_serialize_sql("+literal(query)+") AS VARCHAR)")
	if err != nil {
		return nil, err
	}
	var doc struct {
		Failed     bool   `json:"error"`
		Type       string `json:"error_type"`
		Message    string `json:"error_message"`
		Position   string `json:"position"`
		Statements []struct {
			Node node `json:"node"`
		} `json:"statements"`
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("read the syntax tree of a query: %w", err)
	}
	switch {
	case doc.Failed && doc.Type == "not implemented":
		return nil, &SQLError{Message: "a SELECT is wanted"}
	case doc.Failed:
		e := &SQLError{Message: firstLine(doc.Message)}
		if pos, err := strconv.Atoi(doc.Position); err == nil {
			e.locate(query, pos)
		}
		return nil, e
	case len(doc.Statements) != 1:
		return nil, &SQLError{Message: fmt.Sprintf("one statement is wanted, not %d", len(doc.Statements))}
	}
	return doc.Statements[0].Node, nil
}

// unparse gives the text of an expression.
func (s *Session) unparse(ctx context.Context, expr node) (string, error) {
	root, err := s.parse(ctx, "SELECT 1")
	if err != nil {
		return "", err
	}
	root["select_list"] = []any{map[string]any(expr)}
	text, err := s.write(ctx, root)
	return strings.TrimPrefix(text, "SELECT "), err
}

// write gives the text of a query.
func (s *Session) write(ctx context.Context, root node) (string, error) {
	doc, err := json.Marshal(map[string]any{"error": false, "statements": []any{map[string]any{"node": root, "named_param_map": []any{}}}})
	if err != nil {
		return "", fmt.Errorf("write a syntax tree: %w", err)
	}
	return s.scalar(ctx, "SELECT json_deserialize_sql(CAST("+literal(string(doc))+" AS JSON))")
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// scalar runs a query for one string; NULL is "".
func (s *Session) scalar(ctx context.Context, query string) (string, error) {
	value := ""
	for rec, err := range s.Query(ctx, query) {
		if err != nil {
			return "", err
		}
		if c, ok := rec.Column(0).(*array.String); ok && c.Len() > 0 && c.IsValid(0) {
			value = strings.Clone(c.Value(0))
		}
		rec.Release()
	}
	return value, nil
}
