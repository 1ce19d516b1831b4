package debezium

import (
	"bytes"

	"github.com/ingestd/ingestd/merge/changes"
)

// The order of changes. What counts is that the changes of one row are in the order in which the database made them visible, also
// those that a snapshot found. So the place of the transaction's commit comes first wherever a connector tells it: a change is in the
// log before its transaction ends, and a snapshot that is read between the two does not have it although the snapshot's
// place in the log is behind it. Within one transaction, and so for one row, the place of the change decides.

// sequences are the orders of connectors, by their name. Others are ordered by the time of the change.
var sequences = map[string]func(*source, *Decoder, changes.Op, changes.Sequence) changes.Sequence{
	"postgresql": (*source).postgres,
	"mysql":      (*source).binlog,
	"mariadb":    (*source).binlog,
	"sqlserver":  (*source).changeTable,
	"db2":        (*source).changeTable,
	"informix":   (*source).logicalLog,
	"oracle":     (*source).redoLog,
	"mongodb":    (*source).oplog,
}

// appendSequence builds the sequence of a change; empty where the source does not tell.
func (x *source) appendSequence(d *Decoder, op changes.Op, s changes.Sequence) changes.Sequence {
	if build, ok := sequences[x.kind()]; ok {
		if s = build(x, d, op, s); len(s) > 0 {
			return s
		}
	}
	if t := x.time(); t.ok {
		return s.Number(t.v).Number(streamed(op))
	}
	return s
}

// kind is the connector; where it is not named, by the fields that it alone has.
func (x *source) kind() string {
	switch {
	case x.connector != nil:
		return string(x.connector)
	case x.lsn.ok:
		return "postgresql"
	case x.pos.ok:
		return "mysql"
	case x.scn != nil:
		return "oracle"
	case x.commitLSN != nil:
		return "sqlserver"
	case x.ord.ok:
		return "mongodb"
	}
	return ""
}

// streamed is 0 for what a snapshot read and 1 for a change.
func streamed(op changes.Op) int64 {
	if op == changes.Read {
		return 0
	}
	return 1
}

// part adds a number, or that it is unknown.
func part(s changes.Sequence, n number) changes.Sequence {
	if !n.ok {
		return s.Unknown()
	}
	return s.Number(n.v)
}

// postgres orders by the LSN of the last commit before the change, which source.sequence tells, then by that of the change.
//
// The first transaction after a snapshot has no commit before it, and may have begun before the snapshot did: it comes after the
// snapshot, whose LSN the Decoder keeps in mind for it. Without source.sequence, before Debezium 1.6, only LSNs of changes are known.
func (x *source) postgres(d *Decoder, op changes.Op, s changes.Sequence) changes.Sequence {
	if !x.lsn.ok {
		return s
	}
	commit := x.commit
	if !commit.ok {
		commit = x.lsn
		if at := d.snapshotOf(x.server); streamed(op) == 0 {
			at.raise(x.lsn.v)
		} else if x.hasSequence {
			commit.v = max(commit.v, at.load())
		}
	}
	return s.Number(commit.v).Number(streamed(op)).Number(x.lsn.v)
}

// lastCommit reads the first of ["24023119","24023128"]; unknown where it is null.
func lastCommit(sequence []byte) number {
	t, ok := bytes.CutPrefix(sequence, []byte(`["`))
	if !ok {
		return number{}
	}
	t, _, ok = bytes.Cut(t, []byte(`"`))
	if !ok {
		return number{}
	}
	return parseNumber(t)
}

// binlog orders by the number in the name of the binary log, its position, and the row in the event there. Transactions are in the binary
// log in the order of their commits. GTIDs have no order of their own; after a change of the server the numbers begin anew.
func (x *source) binlog(_ *Decoder, _ changes.Op, s changes.Sequence) changes.Sequence {
	if !x.pos.ok || len(x.file) == 0 {
		return s
	}
	at := bytes.LastIndexByte(x.file, '.')
	if n := parseNumber(x.file[at+1:]); at >= 0 && n.ok {
		s = s.Number(n.v)
	} else {
		s = s.Text(string(x.file))
	}
	return part(s.Number(x.pos.v), x.row)
}

// changeTable orders by the LSNs of SQL Server and Db2, hexadecimal texts of one width: of the commit, of the change, and the place among
// changes of one LSN. A snapshot has no LSN of a change and so comes before what was committed at the same place.
func (x *source) changeTable(_ *Decoder, _ changes.Op, s changes.Sequence) changes.Sequence {
	if len(x.commitLSN) == 0 {
		return s
	}
	s = s.Text(string(x.commitLSN))
	if len(x.changeLSN) == 0 {
		s = s.Unknown()
	} else {
		s = s.Text(string(x.changeLSN))
	}
	return part(s, x.serial)
}

// logicalLog orders by the LSNs of Informix, which are numbers.
func (x *source) logicalLog(_ *Decoder, _ changes.Op, s changes.Sequence) changes.Sequence {
	commit := parseNumber(x.commitLSN)
	if !commit.ok {
		return s
	}
	return part(s.Number(commit.v), parseNumber(x.changeLSN))
}

// redoLog orders by the SCN of the commit, then by that of the change. A snapshot is as of its SCN.
func (x *source) redoLog(_ *Decoder, op changes.Op, s changes.Sequence) changes.Sequence {
	scn, commit := parseNumber(x.scn), parseNumber(x.commitSCN)
	if !commit.ok {
		commit = scn
	}
	if !commit.ok {
		return s
	}
	return part(s.Number(commit.v).Number(streamed(op)), scn)
}

// oplog orders by the second and the place in it.
func (x *source) oplog(_ *Decoder, op changes.Op, s changes.Sequence) changes.Sequence {
	if !x.millis.ok {
		return s
	}
	return part(s.Number(x.millis.v).Number(streamed(op)), x.ord)
}
