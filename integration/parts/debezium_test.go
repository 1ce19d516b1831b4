//go:build integration

package parts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestPostgresKeepsRowsOverKillAndStop(t *testing.T) {
	p := Postgres(t)
	database := p.Database(t)
	p.SQL(t, database, "CREATE TABLE t (id int PRIMARY KEY, x numeric)")
	takeDown := []func(context.Context) error{p.Kill, p.Stop}
	for round := range 3 {
		p.SQL(t, database, fmt.Sprintf("INSERT INTO t VALUES (%d, 'NaN'), (%[1]d + 1, NULL)", 10*round))
		if round == len(takeDown) {
			break
		}
		if err := takeDown[round](t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	text := p.SQL(t, database, "SELECT id, x FROM t ORDER BY id")
	got, _ := json.Marshal(text)
	if want := `{"columns":["id","x"],"rows":[["0","NaN"],["1",null],["10","NaN"],["11",null],["20","NaN"],["21",null]]}`; string(got) != want {
		t.Errorf("found %s, want %s", got, want)
	}
}

func TestPgbenchLoadsADatabase(t *testing.T) {
	p := SharedPostgres(t)
	database := p.Database(t)
	if out, err := p.Pgbench(t.Context(), database, "-i", "-q"); err != nil {
		t.Fatal(out, err)
	}
	if out, err := p.Pgbench(t.Context(), database, "-n", "-c", "2", "-t", "50"); err != nil {
		t.Fatal(out, err)
	}
	if n := *p.SQL(t, database, "SELECT count(*) FROM pgbench_history").Rows[0][0]; n != "100" {
		t.Errorf("%s transactions, want 100", n)
	}
}

// events reads changes until there are n, as operation and id.
func events(t *testing.T, client *kgo.Client, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []string
	for len(got) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("read %d of %d events: %v", len(got), n, got)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			var event struct {
				Payload struct {
					Op            string
					Before, After struct{ ID int }
				}
			}
			if err := json.Unmarshal(r.Value, &event); err != nil {
				t.Fatalf("%s: %v", r.Value, err)
			}
			got = append(got, fmt.Sprint(event.Payload.Op, max(event.Payload.After.ID, event.Payload.Before.ID)))
		})
	}
	return got
}

func TestDebeziumGoesOnAfterKillAndStop(t *testing.T) {
	p, kafka := SharedPostgres(t), SharedKafka(t)
	database := p.Database(t)
	p.SQL(t, database, "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'a'), (2, NULL)")
	d := Debezium(t, kafka)
	config := p.Connector(database, database, map[string]string{"tombstones.on.delete": "false"})
	if err := d.Put(t.Context(), database, config); err != nil {
		t.Fatal(err)
	}
	client := kafka.Client(t, kgo.ConsumeTopics(database+".public.t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(100*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))
	if got := events(t, client, 2); !slices.Equal(got, []string{"r1", "r2"}) {
		t.Errorf("the snapshot has %v", got)
	}
	id := 2
	for _, takeDown := range []func(context.Context) error{d.Kill, d.Stop} {
		id++
		p.SQL(t, database, fmt.Sprintf("INSERT INTO t VALUES (%d, 'b')", id))
		if got := events(t, client, 1); !slices.Equal(got, []string{fmt.Sprint("c", id)}) {
			t.Errorf("read %v", got)
		}
		if err := takeDown(t.Context()); err != nil {
			t.Fatal(err)
		}
		id++
		p.SQL(t, database, fmt.Sprintf("INSERT INTO t VALUES (%d, 'while it is down')", id))
		if err := d.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		// What was sent before may be sent again, all of it where the end of the snapshot was not noted.
		seen := func(event string) bool { return event[1:] == fmt.Sprint(id) }
		for !slices.ContainsFunc(events(t, client, 1), seen) {
		}
	}
	p.SQL(t, database, "DELETE FROM t WHERE id = 1")
	if got := events(t, client, 1); !slices.Equal(got, []string{"d1"}) {
		t.Errorf("read %v", got)
	}
}

func TestDebeziumTellsOfAConnectorThatCannotRun(t *testing.T) {
	p, kafka := SharedPostgres(t), SharedKafka(t)
	d := Debezium(t, kafka)
	if err := d.Put(t.Context(), "none", p.Connector("no_such_database", "none", nil)); err == nil {
		t.Error("a connector to no database runs")
	}
}
