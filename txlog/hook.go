package txlog

import "context"

// Hook is work that a commit has made due. It is run off the commit path by the caller, at most
// once; failing, or never running, does no harm to the table.
type Hook interface {
	// Name says what it is, for logs and metrics.
	Name() string
	// Run does the work.
	Run(ctx context.Context) error
}

// checkpointDue: a checkpoint is due at every multiple of the interval, and where those before were
// missed, by whoever was to write them; that is then asked of the caller once.
func (s *Snapshot) checkpointDue() bool {
	interval := s.props.CheckpointInterval()
	if s.version == 0 {
		return false
	}
	last := max(s.log.checkpointed.Load(), s.log.asked.Load(), 0)
	if s.version%interval != 0 && s.version-last < 2*interval {
		return false
	}
	s.log.asked.Store(s.version)
	return true
}

// checkpointHook writes the checkpoint of a version, and then deletes what of the log is older than the table wants to
// keep, where the table does not leave that to others (delta.enableExpiredLogCleanup).
type checkpointHook struct{ s *Snapshot }

func (h *checkpointHook) Name() string { return "checkpoint" }

func (h *checkpointHook) Run(ctx context.Context) error {
	if h.s.log.checkpointed.Load() >= h.s.version { // a newer commit was faster
		return nil
	}
	if _, err := h.s.Checkpoint(ctx); err != nil {
		return err
	}
	if !h.s.cleanupDue() {
		return nil
	}
	_, err := h.s.CleanUp(ctx)
	return err
}
