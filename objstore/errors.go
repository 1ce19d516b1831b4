package objstore

import "errors"

// Sentinels that a caller can act on; test with errors.Is.
var (
	// ErrNotExist: there is no object with that key.
	ErrNotExist = errors.New("object does not exist")
	// ErrPrecondition: the condition of a Put did not hold; nothing was written by this call.
	ErrPrecondition = errors.New("precondition failed")
	// ErrOutcomeUnknown: the put may or may not have taken effect, or may yet; never treat it as a failure.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrRange: the range starts past the end of the object.
	ErrRange = errors.New("range not satisfiable")
	// ErrNoSpace: the disk or quota is full; nothing was written.
	ErrNoSpace = errors.New("no space left")
	// ErrPermission: the credentials are wrong or do not allow it.
	ErrPermission = errors.New("permission denied")
	// ErrNotSupported: this store cannot give what was asked for, such as IfAbsent.
	ErrNotSupported = errors.New("not supported by this store")
	// ErrNoBucket: the place that the store is rooted in does not exist; unlike an object, it is not
	// made by a Put.
	ErrNoBucket = errors.New("no such bucket")
	// ErrKey: the key is not a valid key.
	ErrKey = errors.New("invalid key")
)

// IsRetryable says whether making the same call again could succeed. It asks the error for a
// method Retryable() bool; an error without one is not retryable.
func IsRetryable(err error) bool {
	var r interface{ Retryable() bool }
	return errors.As(err, &r) && r.Retryable()
}
