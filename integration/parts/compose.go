package parts

import (
	"context"
	"fmt"
	"os/exec"
)

// composeHost is a service of docker-compose.yml, which is up before the suite starts and stays up after it.
type composeHost struct{ service string }

func (h composeHost) start(ctx context.Context) (<-chan struct{}, error) {
	return nil, h.docker(ctx, "start", h.service)
}

func (h composeHost) stop(ctx context.Context) error { return h.docker(ctx, "stop", h.service) }

func (h composeHost) kill(ctx context.Context) error {
	return h.docker(ctx, "kill", "--signal", "KILL", h.service)
}

func (h composeHost) tail() string { return "see: docker compose logs " + h.service }

func (h composeHost) docker(ctx context.Context, args ...string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "docker", append([]string{"compose"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("docker compose %v: %w\n%s", args, err, out)
	}
	return nil
}
