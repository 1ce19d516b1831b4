package feature

import (
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
)

// UnsupportedFeatureError names the features of a table that this version cannot honour, so that
// reading or writing it would be wrong.
type UnsupportedFeatureError struct {
	Features []string
	Reader   bool // the table cannot even be read
}

// Error names the features and what to do.
func (e *UnsupportedFeatureError) Error() string {
	verb := "written"
	if e.Reader {
		verb = "read"
	}
	return fmt.Sprintf("the table cannot be %s: this version of ingestd does not support its table features: %s; use a version that does, or remove them from the table",
		verb, strings.Join(e.Features, ", "))
}

// UnsupportedVersionError is a protocol version beyond all that this version knows.
type UnsupportedVersionError struct {
	Reader       bool // of minReaderVersion; else of minWriterVersion
	Version, Max int
}

// Error tells versions and what to do.
func (e *UnsupportedVersionError) Error() string {
	name, verb := "minWriterVersion", "written"
	if e.Reader {
		name, verb = "minReaderVersion", "read"
	}
	return fmt.Sprintf("the table cannot be %s: its %s is %d and this version of ingestd knows 1 to %d; use a newer version", verb, name, e.Version, e.Max)
}

// InvalidProtocolError is a protocol action that the protocol does not allow.
type InvalidProtocolError struct{ Reason string }

// Error tells the reason.
func (e *InvalidProtocolError) Error() string {
	return "the table's protocol action is not valid: " + e.Reason
}

// CheckRead says whether the table can be read by this version.
// Errors: *UnsupportedVersionError, *UnsupportedFeatureError, *InvalidProtocolError.
func CheckRead(p *action.Protocol, t Table) error {
	switch {
	case p.MinReaderVersion < 1 || p.MinReaderVersion > MaxReader:
		return &UnsupportedVersionError{Reader: true, Version: p.MinReaderVersion, Max: MaxReader}
	case p.MinReaderVersion == MaxReader && p.MinWriterVersion < MaxWriter:
		return &InvalidProtocolError{fmt.Sprintf("minReaderVersion 3 needs minWriterVersion 7, not %d", p.MinWriterVersion)}
	}
	bad := refused(readerFeatures(p), t, func(f *Feature) Support { return f.Read })
	if len(bad) > 0 {
		return &UnsupportedFeatureError{Features: bad, Reader: true}
	}
	return nil
}

// CheckWrite says whether this version may commit to the table. A feature that is merely listed, or
// implied by a legacy version, and that the table does not use, is no obstacle where its level says so.
// Errors: those of [CheckRead], for writing.
func CheckWrite(p *action.Protocol, t Table) error {
	if err := CheckRead(p, t); err != nil {
		return err
	}
	if p.MinWriterVersion < 1 || p.MinWriterVersion > MaxWriter {
		return &UnsupportedVersionError{Version: p.MinWriterVersion, Max: MaxWriter}
	}
	bad := refused(writerFeatures(p), t, func(f *Feature) Support { return f.Write })
	if len(bad) > 0 {
		return &UnsupportedFeatureError{Features: bad}
	}
	return nil
}

func refused(names []string, t Table, level func(*Feature) Support) []string {
	var bad []string
	for _, name := range names {
		f := byName[name]
		switch {
		case f == nil:
			bad = append(bad, name)
		case level(f) == Full:
		case level(f) == Inactive && f.Active != nil && !f.Active(t):
		default:
			bad = append(bad, name)
		}
	}
	return bad
}
