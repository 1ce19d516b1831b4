package sql

import "errors"

// WithSession opens a database and a session of it for f, and closes both.
func WithSession(o Options, f func(*Session) error) (err error) {
	db, err := Open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := db.Session()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return f(s)
}

// Literal spells a string as SQL does.
func Literal(s string) string { return literal(s) }

// Identifier spells a name, whatever is in it, as SQL does.
func Identifier(name string) string { return quote(name) }
