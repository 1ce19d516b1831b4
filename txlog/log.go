package txlog

import (
	"context"
	"log/slog"
	"math/rand"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/objstore"
)

// Options of a Log. The zero Options are the defaults.
type Options struct {
	Now func() time.Time // default time.Now
	// Rand seeds the jitter between attempts, once in New, which must not run at the same time as
	// other users of it; default the clock.
	Rand   *rand.Rand
	Logger *slog.Logger // of what is odd but harmless; default discards
	// Sleep waits between attempts to commit, or until ctx ends; default waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// NewID makes the txnId of an attempt to commit, which must be unique; default a random UUID.
	NewID func() string
	// MaxCommitAttempts bounds how often one transaction tries; default 1000.
	MaxCommitAttempts int
	// NoChecksums leaves out version checksum files (N.crc), which else are written after each commit.
	NoChecksums bool
	// EngineInfo is what commitInfo tells of us; default "ingestd/" and the version that was built.
	EngineInfo string
}

// Log is the _delta_log of one table. It may be used by many goroutines.
type Log struct {
	store objstore.Store
	opts  Options

	randMu sync.Mutex
	// damaged are the checkpoints that were found to be so, by their identity.
	damaged sync.Map
	// plain is the identity of the last checkpoint that was read and has no sidecars.
	plain atomic.Pointer[string]
	// checkpointed is the newest checkpoint version that this Log has heard of; -1 for none.
	checkpointed atomic.Int64
	// asked is the version of the last checkpoint that a commit told to be due.
	asked atomic.Int64
	// cleaned is the cutoff, in milliseconds, up to which the log was cleaned up by this Log.
	cleaned atomic.Int64
	// totals are those of the newest version of which they are known; nil for none.
	totals atomic.Pointer[knownTotals]
	// unproved is the newest version of which the totals could not be found, and wrong the newest up to which version
	// checksum files are not believed; -1 for none.
	unproved, wrong atomic.Int64
}

// New is the log of the table at the root of store. Nothing is read yet.
func New(store objstore.Store, opts Options) *Log {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	seed := time.Now().UnixNano()
	if opts.Rand != nil {
		seed = opts.Rand.Int63()
	}
	opts.Rand = rand.New(rand.NewSource(seed)) // of its own, since logs that share options run side by side
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Sleep == nil {
		opts.Sleep = objstore.Sleep
	}
	if opts.NewID == nil {
		opts.NewID = uuid.NewString
	}
	if opts.MaxCommitAttempts <= 0 {
		opts.MaxCommitAttempts = 1000
	}
	if opts.EngineInfo == "" {
		opts.EngineInfo = "ingestd/" + buildVersion()
	}
	l := &Log{store: store, opts: opts}
	for _, v := range []*atomic.Int64{&l.checkpointed, &l.unproved, &l.wrong} {
		v.Store(-1)
	}
	return l
}

// buildVersion is the version of the program, as the build recorded it.
func buildVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "dev"
}

// Store is where the table is.
func (l *Log) Store() objstore.Store { return l.store }

// heardOf notes that there is a checkpoint of a version.
func (l *Log) heardOf(version int64) {
	for {
		cur := l.checkpointed.Load()
		if version <= cur || l.checkpointed.CompareAndSwap(cur, version) {
			return
		}
	}
}

// Snapshot is the newest version of the table.
// Errors: *NotATableError; *GapError and *InvalidLogError for a damaged log; *feature.UnsupportedFeatureError
// and *feature.UnsupportedVersionError for one that this version must not read; those of the store.
func (l *Log) Snapshot(ctx context.Context) (*Snapshot, error) { return l.snapshot(ctx, latest) }

// SnapshotAt is the table at a version. Errors: *VersionNotFoundError; those of [Log.Snapshot].
func (l *Log) SnapshotAt(ctx context.Context, version int64) (*Snapshot, error) {
	if version < 0 {
		newest, err := l.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		return nil, &VersionNotFoundError{Version: version, Earliest: 0, Latest: newest.version}
	}
	return l.snapshot(ctx, version)
}

func (l *Log) snapshot(ctx context.Context, version int64) (s *Snapshot, err error) {
	err = l.build(ctx, version, func(seg segment) error {
		s, err = l.load(ctx, seg)
		return err
	})
	if err != nil {
		return nil, err
	}
	if version != latest {
		s.seen.Store(0)
	}
	return s, nil
}
