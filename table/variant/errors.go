package variant

import "fmt"

// CorruptError says that bytes are no variant, or that a shredded one does not fit together.
type CorruptError struct {
	Row int // in the batch; -1 where it is not known
	Err error
}

func (e *CorruptError) Error() string {
	if e.Row >= 0 {
		return fmt.Sprintf("the variant of row %d of the batch is damaged: %v", e.Row, e.Err)
	}
	return fmt.Sprintf("the variant is damaged: %v", e.Err)
}

// Unwrap gives the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

// guard turns a panic of a library over broken bytes into an error.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decode: %v", p)
		}
	}()
	return f()
}
