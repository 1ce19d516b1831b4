package stream

import "context"

// DropRejected keeps no dead letters: rejected records are counted in progress events and metrics,
// and gone (on_error: drop).
func DropRejected() DeadLetters { return dropRejected{} }

type dropRejected struct{}

func (dropRejected) Begin(context.Context, BatchID) (DeadLetterWriter, error) {
	return dropRejected{}, nil
}
func (dropRejected) Close() error                                  { return nil }
func (dropRejected) Add(context.Context, string, []Rejected) error { return nil }
func (dropRejected) Commit(context.Context, Offsets) error         { return nil }
func (dropRejected) Abort(context.Context) error                   { return nil }
