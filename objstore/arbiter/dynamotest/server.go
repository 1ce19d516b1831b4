// Package dynamotest is a DynamoDB inside the test process: the operations that the commit arbiter uses, with their real
// conditions, on a map. Nothing but tests may import it.
package dynamotest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Value is an attribute as DynamoDB's JSON has it: {"S": "text"} or {"N": "1"}.
type Value map[string]string

// Item is one item of a table.
type Item map[string]Value

// Server is one server. Make it with New.
type Server struct {
	URL string

	mu     sync.Mutex
	tables map[string]map[string]Item // by the table's name, then by hash and range
	made   []map[string]any           // requests that made tables
}

// New starts a server that stops with the test.
func New(t testing.TB) *Server {
	s := &Server{tables: map[string]map[string]Item{}}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	s.URL = web.URL
	return s
}

// Items are the items of a table, in the order of their keys.
func (s *Server) Items(table string) []Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sorted(s.tables[table])
}

// Put sets an item without a condition, as another writer would.
func (s *Server) Put(table string, item Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[table] == nil {
		s.tables[table] = map[string]Item{}
	}
	s.tables[table][key(item)] = item
}

// Made are the requests that made tables.
func (s *Server) Made() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.made)
}

func key(i Item) string { return i["tablePath"]["S"] + "\x00" + i["fileName"]["S"] }

func sorted(t map[string]Item) []Item {
	var out []Item
	for _, k := range slices.Sorted(maps.Keys(t)) {
		out = append(out, t[k])
	}
	return out
}

type request struct {
	TableName                 string
	Item, Key                 Item
	ConditionExpression       string
	ConsistentRead            bool
	ScanIndexForward          *bool
	Limit                     int
	KeyConditionExpression    string
	ExpressionAttributeValues Item
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var raw map[string]any
	var q request
	body, ok := readAll(r)
	if !ok || json.Unmarshal(body, &raw) != nil || json.Unmarshal(body, &q) != nil && !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".CreateTable") {
		fail(w, "SerializationException", "not a request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	t, exists := s.tables[q.TableName]
	if op == "CreateTable" {
		name, _ := raw["TableName"].(string)
		if _, there := s.tables[name]; there {
			fail(w, "ResourceInUseException", "Table already exists: "+name)
			return
		}
		s.tables[name] = map[string]Item{}
		s.made = append(s.made, raw)
		answer(w, map[string]any{"TableDescription": map[string]any{"TableStatus": "CREATING"}})
		return
	}
	if !exists {
		fail(w, "ResourceNotFoundException", "Requested resource not found")
		return
	}
	switch op {
	case "DescribeTable":
		answer(w, map[string]any{"Table": map[string]any{"TableName": q.TableName, "TableStatus": "ACTIVE"}})
	case "GetItem":
		if item := t[key(q.Key)]; item != nil {
			answer(w, map[string]any{"Item": item})
			return
		}
		answer(w, map[string]any{})
	case "PutItem":
		_, there := t[key(q.Item)]
		switch {
		case q.ConditionExpression != "" && q.ConditionExpression != "attribute_not_exists(fileName)":
			fail(w, "ValidationException", "unknown condition "+q.ConditionExpression)
		case q.ConditionExpression != "" && there:
			fail(w, "ConditionalCheckFailedException", "The conditional request failed")
		default:
			t[key(q.Item)] = q.Item
			answer(w, map[string]any{})
		}
	case "Query":
		s.query(w, t, q)
	default:
		fail(w, "UnknownOperationException", op)
	}
}

func (s *Server) query(w http.ResponseWriter, t map[string]Item, q request) {
	if q.KeyConditionExpression != "tablePath = :path" {
		fail(w, "ValidationException", "unknown condition "+q.KeyConditionExpression)
		return
	}
	items := slices.DeleteFunc(sorted(t), func(i Item) bool { return i["tablePath"]["S"] != q.ExpressionAttributeValues[":path"]["S"] })
	if q.ScanIndexForward != nil && !*q.ScanIndexForward {
		slices.Reverse(items)
	}
	if q.Limit > 0 && len(items) > q.Limit {
		items = items[:q.Limit]
	}
	answer(w, map[string]any{"Items": items, "Count": len(items)})
}

func readAll(r *http.Request) ([]byte, bool) {
	var raw json.RawMessage
	err := json.NewDecoder(r.Body).Decode(&raw)
	return raw, err == nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(v)
}

func fail(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message})
}
