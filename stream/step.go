package stream

import "context"

// Step names a boundary within a micro-batch, for Hook.
type Step string

// The steps of a batch, in their order. StepDecoded comes once for each chunk, from the workers.
const (
	StepStarted      Step = "start recorded"         // the sink holds the position of every partition
	StepPlanned      Step = "batch planned"          // nothing is written yet
	StepLogged       Step = "offset log written"     // only with a checkpoint
	StepDecoded      Step = "chunk decoded"          // and handed to the operators and the sink
	StepWritten      Step = "rows written"           // all rows are with the sink's writer
	StepDeadLetters  Step = "dead letters committed" // also when there were none
	StepCommitted    Step = "sink committed"         //
	StepCommitLogged Step = "commit log written"     // only with a checkpoint
	StepSourceTold   Step = "source told"            // the batch is over
)

// Hook is called at each step, for tests that stop the world there. An error ends the query on the
// spot, with nothing aborted and nothing tidied up, as a kill would.
type Hook func(ctx context.Context, step Step) error

// killed is the error of a Hook.
type killed struct{ err error }

func (k *killed) Error() string { return k.err.Error() }
func (k *killed) Unwrap() error { return k.err }

func (q *Query) step(ctx context.Context, s Step) error {
	if q.Hook == nil {
		return nil
	}
	if err := q.Hook(ctx, s); err != nil {
		return &killed{err}
	}
	return nil
}
