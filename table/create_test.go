package table

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestCreateMakesTheLowestProtocol(t *testing.T) {
	for columns, want := range map[string][2]int{
		"a INT":                      {1, 2},
		"a INT, t TIMESTAMP_NTZ":     {3, 7},
		"a STRUCT<t: TIMESTAMP_NTZ>": {3, 7},
	} {
		p := create(t, columns).Snapshot().Protocol()
		if got := [2]int{p.MinReaderVersion, p.MinWriterVersion}; got != want {
			t.Errorf("%s: protocol %v, want %v", columns, got, want)
		}
	}
}

func TestCreateKeepsWhatItWasTold(t *testing.T) {
	store := mem.New()
	createIn(t, store, CreateOptions{
		Schema: ddl(t, "id BIGINT NOT NULL, Day DATE, tags ARRAY<STRING>"), PartitionBy: []string{"DAY"},
		Properties: map[string]string{"delta.checkpointInterval": "5", "mine": "x", "delta.feature.domainMetadata": "supported"},
		Name:       "events", Description: "what happened",
	})
	tab, err := Open(t.Context(), store, options()...)
	if err != nil {
		t.Fatal(err)
	}
	d, err := tab.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *d.Name != "events" || *d.Description != "what happened" || d.Format != "delta" || d.ID == "" || d.CreatedAt == nil {
		t.Errorf("%+v", d)
	}
	if !slices.Equal(d.PartitionColumns, []string{"Day"}) || len(d.Properties) != 2 || d.Properties["mine"] != "x" {
		t.Errorf("%+v", d)
	}
	if d.MinWriterVersion != 7 || !slices.Contains(d.TableFeatures, "domainMetadata") || d.NumFiles != 0 {
		t.Errorf("%+v", d)
	}
	if got := tab.Schema().DDL(); got != ddl(t, "id BIGINT NOT NULL, Day DATE, tags ARRAY<STRING>").DDL() {
		t.Errorf("schema %s", got)
	}
}

func TestCreateRefusesWhatCannotBe(t *testing.T) {
	var (
		invalid  *schema.InvalidError
		property *txlog.PropertyError
		unknown  *feature.UnsupportedFeatureError
	)
	for name, c := range map[string]struct {
		o      CreateOptions
		target any
	}{
		"no columns":                {CreateOptions{Schema: &schema.Struct{}}, &invalid},
		"no schema":                 {CreateOptions{}, &invalid},
		"names that differ in case": {CreateOptions{Schema: &schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.Long}, {Name: "A", Type: schema.Long}}}}, &invalid},
		"a name with a space":       {CreateOptions{Schema: ddl(t, "`a b` INT")}, &invalid},
		"unknown partition column":  {CreateOptions{Schema: ddl(t, "a INT"), PartitionBy: []string{"b"}}, &invalid},
		"nothing but partitions":    {CreateOptions{Schema: ddl(t, "a INT"), PartitionBy: []string{"a"}}, &invalid},
		"a bad property":            {CreateOptions{Schema: ddl(t, "a INT"), Properties: map[string]string{"delta.checkpointInterval": "often"}}, &property},
		"a feature of tomorrow":     {CreateOptions{Schema: ddl(t, "a INT"), Properties: map[string]string{"delta.feature.catalogManaged": "supported"}}, &unknown},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			if _, err := Create(t.Context(), store, c.o); err == nil || !errors.As(err, c.target) {
				t.Errorf("error %v, want a %T", err, c.target)
			}
			for info := range store.List(t.Context(), "", "") {
				t.Errorf("left %s", info.Key)
			}
		})
	}
}

func TestCreateWhereATableIs(t *testing.T) {
	store := mem.New()
	o := CreateOptions{Schema: ddl(t, "a INT")}
	createIn(t, store, o)
	var exists *ExistsError
	if _, err := Create(t.Context(), store, o); !errors.As(err, &exists) || !strings.Contains(err.Error(), store.URL()) {
		t.Errorf("%v", err)
	}
	if _, created, err := CreateIfNotExists(t.Context(), store, CreateOptions{Schema: ddl(t, "b STRING")}); err != nil || created {
		t.Errorf("created %v, %v", created, err)
	}
}

func TestOfManyThatCreateOneDoes(t *testing.T) {
	store := mem.New()
	o := CreateOptions{Schema: ddl(t, "a INT")}
	var wg sync.WaitGroup
	created := make(chan bool, 8)
	for range 8 {
		wg.Go(func() {
			tab, c, err := CreateIfNotExists(t.Context(), store, o)
			if err != nil || tab.Version() != 0 {
				t.Errorf("%v", err)
			}
			created <- c
		})
	}
	wg.Wait()
	close(created)
	n := 0
	for c := range created {
		if c {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d created the table", n)
	}
}

func TestOpenWhereNoTableIs(t *testing.T) {
	var nat *txlog.NotATableError
	if _, err := Open(t.Context(), mem.New()); !errors.As(err, &nat) {
		t.Errorf("%v", err)
	}
}
