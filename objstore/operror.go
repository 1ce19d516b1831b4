package objstore

import (
	"errors"
	"strings"
)

// OpError says which operation failed on which object of which store. Stores return their errors
// in it.
type OpError struct {
	Op    string // "get", "put", "head", "list" or "delete"
	Key   string // of the object; for a list, the prefix
	Store string // URL of the store
	Err   error  // what happened; wraps a sentinel of this package where there is one
	Retry bool   // making the same call again could succeed
}

// Error is such as "put s3://lake/t/_delta_log/7.json: precondition failed".
func (e *OpError) Error() string {
	return e.Op + " " + strings.TrimSuffix(e.Store, "/") + "/" + e.Key + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *OpError) Unwrap() error { return e.Err }

// Retryable is read by IsRetryable.
func (e *OpError) Retryable() bool { return e.Retry }

// CheckCond refuses a condition that can never hold; the error wraps ErrNotSupported.
func CheckCond(c Cond) error {
	if c.IfAbsent && c.IfMatch != "" {
		return errors.Join(ErrNotSupported, errors.New("IfAbsent and IfMatch exclude each other"))
	}
	return nil
}
