package parts

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// MotoServer stands in for AWS, over plain HTTP: DynamoDB and others. It keeps what it has in memory.
type MotoServer struct {
	server
	Addr string // host:port
}

// StartMoto starts a server, its log in dir. The caller stops it.
func StartMoto(ctx context.Context, dir string) (*MotoServer, error) {
	if err := Install(ctx, "moto"); err != nil {
		return nil, err
	}
	parts, err := Dir()
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return nil, err
	}
	m := &MotoServer{Addr: loopback(ports[0])}
	host, port, _ := strings.Cut(m.Addr, ":")
	m.server = server{name: "moto", ready: m.answers, host: &localHost{
		name: "moto",
		command: func() *exec.Cmd {
			cmd := exec.Command(filepath.Join(parts, "moto", "bin", "python"), filepath.Join(parts, "moto", "bin", "moto_server"), "-H", host, "-p", port)
			cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1")
			return cmd
		},
		log: filepath.Join(dir, "moto.log"),
	}}
	if err := m.Restart(ctx); err != nil {
		_ = m.Kill(ctx)
		return nil, err
	}
	return m, nil
}

// URL is the endpoint of each service.
func (m *MotoServer) URL() string { return "http://" + m.Addr }

func (m *MotoServer) answers(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL()+"/moto-api/data.json", nil)
	if err != nil {
		return err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("moto at %s answers %s", m.Addr, response.Status)
	}
	return nil
}

// SharedMoto is the test binary's one server. A test makes tables of its own and leaves the server running.
func SharedMoto(t testing.TB) *MotoServer {
	t.Helper()
	return obtain(t, "moto", func(ctx context.Context, dir string) (*MotoServer, func(), error) {
		m, err := StartMoto(ctx, dir)
		return m, func() { release(&m.server) }, err
	})
}
