package txlog

import "context"

// EarliestVersion is the oldest version whose commit the log still has; those before it were cleaned
// up. Errors: *NotATableError; those of the store.
func (l *Log) EarliestVersion(ctx context.Context) (int64, error) {
	list, err := l.list(ctx, 0)
	if err != nil {
		return 0, err
	}
	if len(list.commits) == 0 {
		return 0, &NotATableError{URL: l.store.URL()}
	}
	return list.version(0), nil
}
