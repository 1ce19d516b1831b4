package txlog

import "context"

// EarliestVersion is the oldest version that can be read and whose commit the log still has; those before it were
// cleaned up. Errors: *NotATableError; those of the store.
func (l *Log) EarliestVersion(ctx context.Context) (int64, error) {
	list, err := l.list(ctx, 0)
	if err != nil {
		return 0, err
	}
	if len(list.commits) == 0 {
		return 0, &NotATableError{URL: l.store.URL()}
	}
	return list.version(min(list.search(list.earliest()), len(list.commits)-1)), nil
}
