package objstore

import (
	"context"
	"time"
)

// Sleep waits before another attempt, or until ctx ends, whose error it then gives.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
