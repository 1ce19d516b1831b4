package shop_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/txlog/schema"
)

var start = time.Date(2026, 1, 2, 23, 59, 50, 123_000, time.UTC)

type event struct {
	EventID     string    `json:"event_id"`
	Timestamp   time.Time `json:"timestamp"`
	UserID      string    `json:"user_id"`
	EventType   string    `json:"event_type"`
	ProductID   string    `json:"product_id"`
	ProductName string    `json:"product_name"`
	Category    string    `json:"category"`
	Price       float64   `json:"price"`
	Quantity    int       `json:"quantity"`
}

func TestEventsAreWhatTheSchemaSays(t *testing.T) {
	s, err := schema.ParseDDL(shop.DDL)
	if err != nil {
		t.Fatal(err)
	}
	g := shop.New(1, start)
	ids, users, products := map[string]bool{}, map[string]int{}, map[string]event{}
	before, size := start, 0
	const n = 50_000
	for range n {
		b := g.Append(nil)
		size += len(b)
		var e event
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if ids[e.EventID] || len(e.EventID) != 36 {
			t.Fatalf("event_id %q", e.EventID)
		}
		if e.Timestamp.Before(before) || e.Price <= 0 || e.Quantity < 1 {
			t.Fatalf("%s after %s", b, before)
		}
		if p, ok := products[e.ProductID]; ok && (p.ProductName != e.ProductName || p.Category != e.Category) {
			t.Fatalf("product %s changed from %v to %v", e.ProductID, p, e)
		}
		ids[e.EventID], before, products[e.ProductID] = true, e.Timestamp, e
		users[e.UserID]++
	}
	if took := before.Sub(start); took < 4000*time.Second || took > 6000*time.Second {
		t.Errorf("%d events took %s", n, took)
	}
	if len(users) < 10_000 || len(products) < 1_000 || users["u000000"] < 100 {
		t.Errorf("%d users, %d products, the first user %d times", len(users), len(products), users["u000000"])
	}
	if mean := size / n; mean < 220 || mean > 240 {
		t.Errorf("events have %d bytes", mean)
	}
	var fields map[string]any
	if err := json.Unmarshal(g.Append(nil), &fields); err != nil || len(fields) != len(s.Fields) {
		t.Fatalf("%v, %v", fields, err)
	}
	for _, f := range s.Fields {
		if _, ok := fields[f.Name]; !ok {
			t.Errorf("no %s", f.Name)
		}
	}
}

func TestTheSeedDecidesTheEvents(t *testing.T) {
	a, b, c := shop.New(7, start), shop.New(7, start), shop.New(8, start)
	var x, y, z []byte
	for range 1000 {
		x, y, z = a.Append(x), b.Append(y), c.Append(z)
	}
	if !bytes.Equal(x, y) {
		t.Error("the same seed made other events")
	}
	if bytes.Equal(x, z) {
		t.Error("another seed made the same events")
	}
}

func BenchmarkAppend(b *testing.B) {
	g := shop.New(1, start)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = g.Append(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
