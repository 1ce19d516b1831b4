package shopdb

// log is the write-ahead log of the database: what the connector tells of it.
type log struct {
	end         int64 // the LSN of what is written next
	transaction int64
	committed   int64 // the LSN behind the last commit since the snapshot; 0 if there was none
	started     bool
}

// place is where in the log a change is.
type place struct {
	lsn, transaction int64
	committed        int64 // the LSN behind the last commit before it; 0 where the connector saw none
}

// snapshot is the place of all that a snapshot reads.
func (l *log) snapshot() place {
	p := place{lsn: l.end, transaction: l.transaction}
	l.end += 96
	return p
}

// commit ends the open transaction and begins another; something else may be written between the two.
func (l *log) commit(pause bool) {
	if l.started {
		l.end += 48
		l.committed = l.end
	}
	if pause {
		l.end += 112
	}
	l.started = true
	l.transaction++
}

// write writes a row after so many other bytes.
func (l *log) write(before int64, r row) place {
	l.end += (before + 7) &^ 7
	p := place{lsn: l.end, transaction: l.transaction, committed: l.committed}
	size := int64(72)
	for _, c := range r {
		size += 4 + int64(min(len(c.text), 100))
	}
	l.end += (size + 7) &^ 7
	return p
}
