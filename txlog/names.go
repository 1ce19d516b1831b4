package txlog

import (
	"fmt"
	"strconv"
	"strings"
)

// logDir is the prefix of all keys of the log.
const logDir = "_delta_log/"

// firstDigit is below every key that names a version, and above files that hide behind a dot.
const firstDigit = logDir + "/"

type fileKind int

const (
	otherFile fileKind = iota
	commitFile
	classicCheckpoint
	multiPartCheckpoint
	uuidCheckpoint // V2, parquet or json
	checksumFile
	compactedFile
)

// logName is what the name of a file in the log says ("Delta Log Entries", "Checkpoint Naming
// Scheme", "Log Compaction Files" and "Version Checksum File" of the protocol).
type logName struct {
	kind    fileKind
	version int64
	part    int    // of a multi-part checkpoint, from 1
	parts   int    // of a multi-part checkpoint
	end     int64  // last version of a compacted file
	unique  string // of a UUID-named checkpoint
	format  string // of a UUID-named checkpoint: "parquet" or "json"
}

func commitKey(version int64) string { return fmt.Sprintf("%s%020d.json", logDir, version) }

func checksumKey(version int64) string { return fmt.Sprintf("%s%020d.crc", logDir, version) }

func compactedKey(s span) string {
	return fmt.Sprintf("%s%020d.%020d.compacted.json", logDir, s.first, s.last)
}

func checkpointKey(version int64) string {
	return fmt.Sprintf("%s%020d.checkpoint.parquet", logDir, version)
}

// belowVersion sorts before all files of the version and after all of the version before it.
func belowVersion(version int64) string { return fmt.Sprintf("%s%020d", logDir, version) }

// parseName reads the key of a file; anything that is not of the log is otherFile.
func parseName(key string) logName {
	name, ok := strings.CutPrefix(key, logDir)
	if !ok || strings.Contains(name, "/") {
		return logName{}
	}
	head, rest, ok := strings.Cut(name, ".")
	version, isVersion := digits(head, 20)
	if !ok || !isVersion {
		return logName{}
	}
	n := logName{version: version}
	switch f := strings.Split(rest, "."); {
	case rest == "json":
		n.kind = commitFile
	case rest == "crc":
		n.kind = checksumFile
	case rest == "checkpoint.parquet":
		n.kind = classicCheckpoint
	case len(f) == 3 && f[0] == "checkpoint" && f[1] != "" && (f[2] == "parquet" || f[2] == "json"):
		n.kind, n.unique, n.format = uuidCheckpoint, f[1], f[2]
	case len(f) == 4 && f[0] == "checkpoint" && f[3] == "parquet":
		part, ok1 := digits(f[1], 10)
		parts, ok2 := digits(f[2], 10)
		if ok1 && ok2 && part >= 1 && part <= parts && parts <= 1<<20 {
			n.kind, n.part, n.parts = multiPartCheckpoint, int(part), int(parts)
		}
	case len(f) == 3 && f[1] == "compacted" && f[2] == "json":
		if end, ok := digits(f[0], 20); ok && end > version {
			n.kind, n.end = compactedFile, end
		}
	}
	if n.kind == otherFile {
		return logName{}
	}
	return n
}

func digits(s string, n int) (int64, bool) {
	if len(s) != n {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil
}
