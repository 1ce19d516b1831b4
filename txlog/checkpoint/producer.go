package checkpoint

import (
	"errors"
	"io"
)

// producer is the reading end of a stream that a goroutine writes. The goroutine ends when it is
// done or when the producer is closed, and Close waits for it.
type producer struct {
	*io.PipeReader
	done chan struct{}
	out  Written
	err  error
}

var errClosed = errors.New("the writer of the checkpoint has stopped")

func produce(write func(io.Writer) (Written, error)) *producer {
	r, w := io.Pipe()
	p := &producer{PipeReader: r, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.out, p.err = write(w)
		_ = w.CloseWithError(p.err) // never fails; nil is the end of the file
	}()
	return p
}

// Close implements io.Closer.
func (p *producer) Close() error {
	err := p.CloseWithError(errClosed)
	<-p.done
	return err
}

// result is what was written, once it is over.
func (p *producer) result() (Written, error) {
	_ = p.CloseWithError(errClosed)
	<-p.done
	if errors.Is(p.err, errClosed) {
		return Written{}, nil
	}
	return p.out, p.err
}
