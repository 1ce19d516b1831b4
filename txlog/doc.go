// Package txlog is a Delta table as a log: it finds and replays the commits and checkpoints under
// _delta_log, gives snapshots, and commits transactions under the protocol's rules of concurrency.
//
// A [Log] belongs to one table. [Log.Snapshot] is the newest state: protocol, metadata, progress of
// applications, domains; the live files are only read when [Snapshot.Files] asks for them, so who
// merely appends never holds them. [Snapshot.Begin] starts a [Transaction]; its Commit creates the
// next version with put-if-absent, and when another was faster, reads the winners, decides with
// [CheckConflict], and tries the version after them.
//
// The package knows no Arrow, no rows and no data files: what is in an added file is the business of
// package table. It writes nothing but files of _delta_log.
//
// File map: names.go and segment.go find what makes up a version; state.go and files.go replay it;
// snapshot.go and log.go are the front; transaction.go, commit.go, prepare.go and conflict.go commit; hook.go is the
// work that is due after a commit; timetravel.go and history.go look back.
package txlog
