package parts

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Text is the result of a query as PostgreSQL itself spells it. A nil cell is NULL.
type Text struct {
	Columns []string    `json:"columns"`
	Rows    [][]*string `json:"rows"`
}

// Exec runs statements in a database, as one transaction unless they say otherwise.
func (p *PostgresServer) Exec(ctx context.Context, database, sql string) error {
	_, err := p.Query(ctx, database, sql)
	return err
}

// Query runs statements as [PostgresServer.Exec] does and gives the rows of the last.
func (p *PostgresServer) Query(ctx context.Context, database, sql string) (Text, error) {
	conn, err := pgconn.Connect(ctx, p.URL(database))
	if err != nil {
		return Text{}, err
	}
	defer func() { _ = conn.Close(ctx) }()
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return Text{}, fmt.Errorf("%s: %w", sql, err)
	}
	if len(results) == 0 {
		return Text{}, nil
	}
	return textOf(results[len(results)-1]), nil
}

func textOf(result *pgconn.Result) Text {
	var text Text
	for _, field := range result.FieldDescriptions {
		text.Columns = append(text.Columns, field.Name)
	}
	for _, row := range result.Rows {
		cells := make([]*string, len(row))
		for i, cell := range row {
			if cell != nil {
				spelled := string(cell)
				cells[i] = &spelled
			}
		}
		text.Rows = append(text.Rows, cells)
	}
	return text
}

// Pgbench runs pgbench on a database with these arguments, and gives what it tells. A client that failed is an error.
func (p *PostgresServer) Pgbench(ctx context.Context, database string, args ...string) (string, error) {
	host, port := p.HostPort()
	cmd := p.command(ctx, "pgbench", append([]string{"-h", host, "-p", port, "-U", p.User}, append(args, database)...)...)
	cmd.SysProcAttr = nil // it may be root, and reads the caller's scripts
	cmd.Dir = ""
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("pgbench %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// Database creates a database with a name of its own and returns the name.
func (p *PostgresServer) Database(t testing.TB) string {
	t.Helper()
	name := strings.ReplaceAll(uniqueName(t), "-", "_")
	if err := p.Exec(t.Context(), "postgres", "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return name
}

// SQL runs statements in a database, and fails the test where one of them does.
func (p *PostgresServer) SQL(t testing.TB, database, sql string) Text {
	t.Helper()
	text, err := p.Query(t.Context(), database, sql)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Postgres starts a cluster for this test alone, which may take it down and bring it back; it is gone when the test ends.
// Settings ("name=value") are added to its configuration.
func Postgres(t testing.TB, settings ...string) *PostgresServer {
	t.Helper()
	p, err := StartPostgres(t.Context(), t.TempDir(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, &p.server) })
	return p
}

// SharedPostgres is the test binary's one cluster. A test makes a database of its own and leaves the server running.
func SharedPostgres(t testing.TB) *PostgresServer {
	t.Helper()
	return obtain(t, "postgres", func(ctx context.Context, dir string) (*PostgresServer, func(), error) {
		p, err := StartPostgres(ctx, dir)
		return p, func() { release(&p.server) }, err
	})
}
