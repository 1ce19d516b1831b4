package parts

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// PostgresServer is a PostgreSQL cluster that can be followed by logical decoding. It asks for no password. Its databases
// survive Stop, Kill and Restart. Kill is PostgreSQL's immediate shutdown: nothing is written, all processes are gone.
type PostgresServer struct {
	server
	Addr     string // host:port
	User     string // a superuser
	programs string // the folder of the server's programs
	as       *syscall.Credential
}

// StartPostgres starts a cluster of its own in dir, which must be below the folder for temporary files where this process
// is root; settings ("name=value") are added to its configuration. It is local also with INTEGRATION=compose. The
// caller stops it.
func StartPostgres(ctx context.Context, dir string, settings ...string) (*PostgresServer, error) {
	if err := Install(ctx, "postgres"); err != nil {
		return nil, err
	}
	parts, err := Dir()
	if err != nil {
		return nil, err
	}
	p := &PostgresServer{User: "postgres", programs: filepath.Join(parts, "postgres", "bin")}
	if err := p.prepare(ctx, dir, settings); err != nil {
		return nil, fmt.Errorf("prepare postgres: %w", err)
	}
	if err := p.Restart(ctx); err != nil {
		_ = p.Kill(ctx)
		return nil, err
	}
	return p, nil
}

// prepare makes the cluster's files and its configuration.
func (p *PostgresServer) prepare(ctx context.Context, dir string, settings []string) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	p.Addr = loopback(ports[0])
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if p.as, err = owner(data); err != nil {
		return err
	}
	initdb := p.command(ctx, "initdb", "-D", data, "-U", p.User, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	config, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = config.WriteString(strings.Join(append(p.settings(), settings...), "\n") + "\n")
	if closing := config.Close(); err == nil {
		err = closing
	}
	p.server = server{name: "postgres", ready: p.answers, host: &localHost{
		name:     "postgres",
		command:  func() *exec.Cmd { return p.command(context.Background(), "postgres", "-D", data) },
		log:      filepath.Join(dir, "postgres.log"),
		stopWith: syscall.SIGINT,  // sessions are ended, not awaited
		killWith: syscall.SIGQUIT, // its processes are not in its group: it kills them itself
	}}
	return err
}

func (p *PostgresServer) settings() []string {
	host, port, _ := strings.Cut(p.Addr, ":")
	return []string{
		"listen_addresses='" + host + "'",
		"port=" + port,
		"unix_socket_directories=''",
		"wal_level=logical",
		"max_wal_senders=50",
		"max_replication_slots=50",
		"fsync=off",
		"full_page_writes=off",
		"timezone='UTC'",
		"log_timezone='UTC'",
		"shared_buffers=64MB",
		"max_wal_size=256MB",
		"log_checkpoints=off",
	}
}

// command is one of the server's programs, run by the user that owns the cluster.
func (p *PostgresServer) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.programs, program), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	return cmd
}

func (p *PostgresServer) answers(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return conn.Ping(ctx)
}

// URL names a database, for any client.
func (p *PostgresServer) URL(database string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", p.User, p.Addr, database)
}

// HostPort is the address in its two parts.
func (p *PostgresServer) HostPort() (host, port string) {
	host, port, _ = net.SplitHostPort(p.Addr)
	return host, port
}
