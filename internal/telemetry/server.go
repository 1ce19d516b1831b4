package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server answers /metrics, /healthz and /readyz.
type Server struct {
	http *http.Server
	addr net.Addr
	done chan error
}

// Serve listens on addr, "host:port"; an empty host is loopback, so that to be seen from elsewhere
// it must be asked for ("0.0.0.0:9464"). Port 0 takes a free one.
func (m *Metrics) Serve(ctx context.Context, addr string) (*Server, error) {
	if strings.HasPrefix(addr, ":") {
		addr = "127.0.0.1" + addr
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("server.listen: %w", err)
	}
	s := &Server{http: &http.Server{Handler: m.handler(), ReadHeaderTimeout: 5 * time.Second}, addr: l.Addr(), done: make(chan error, 1)}
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.addr.String() }

// Close ends the server and waits for the requests in hand, but not longer than ctx.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if serveErr := <-s.done; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

func (m *Metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { m.answer(w, m.failed()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { m.answer(w, m.notReady()) })
	return mux
}

func (m *Metrics) answer(w http.ResponseWriter, problems []string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(problems) == 0 {
		fmt.Fprintln(w, "ok")
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, strings.Join(problems, "\n"))
}

// failed lists the queries that have ended with an error: only a restart of the process helps.
func (m *Metrics) failed() []string {
	return m.each(func(q query) string {
		if s := q.state(); !s.Ended.IsZero() && s.LastError != nil {
			return fmt.Sprintf("query %s has failed; its log says why", q.name)
		}
		return ""
	})
}

// notReady lists the queries that are not (yet) taking data.
func (m *Metrics) notReady() []string {
	return m.each(func(q query) string {
		switch s := q.state(); {
		case s.Started.IsZero():
			return fmt.Sprintf("query %s has not started yet", q.name)
		case !s.Healthy:
			return fmt.Sprintf("query %s is failing since %s; its log says why", q.name, s.LastErrorAt.UTC().Format(time.RFC3339))
		}
		return ""
	})
}

func (m *Metrics) each(problem func(query) string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []string
	for _, q := range m.queries {
		if p := problem(q); p != "" {
			all = append(all, p)
		}
	}
	return all
}
