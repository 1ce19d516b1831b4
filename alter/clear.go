package alter

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

const rowTrackingDomain = "delta.rowTracking"

// propertiesOf are the properties that go with a feature when it is dropped.
var propertiesOf = map[string][]string{
	"rowTracking":                 {txlog.PropRowTracking, txlog.PropRowTrackingSuspended, txlog.PropRowIDColumn, txlog.PropRowVersionColumn},
	"deletionVectors":             {txlog.PropDeletionVectors},
	"typeWidening":                {txlog.PropTypeWidening},
	"typeWidening-preview":        {txlog.PropTypeWidening},
	"inCommitTimestamp":           {txlog.PropInCommitTimestamps, txlog.PropInCommitEnabledVersion, txlog.PropInCommitEnabledTime},
	"v2Checkpoint":                {txlog.PropCheckpointPolicy},
	"columnMapping":               {txlog.PropMappingMode, txlog.PropMappingMaxID},
	"materializePartitionColumns": {"delta.enableMaterializePartitionColumnsFeature"},
	"checkpointProtection":        {txlog.PropCheckpointProtection},
}

// clear takes off what makes the table use the feature, as far as that is a matter of the log.
func clear(ctx context.Context, t *table.Table, f feature.Feature) error {
	if err := stillUsed(ctx, t.Snapshot(), f); err != nil {
		return err
	}
	switch f.Name {
	case "deletionVectors", "typeWidening", "typeWidening-preview", "inCommitTimestamp", "v2Checkpoint":
		return turnOff(ctx, t, propertiesOf[f.Name]...)
	case "columnMapping":
		_, err := SetProperties(ctx, t, map[string]string{txlog.PropMappingMode: "none"})
		return err
	case "rowTracking":
		return clearRowIDs(ctx, t)
	case "domainMetadata":
		return clearDomains(ctx, t)
	}
	return nil
}

// stillUsed names what stands against the drop and is for the user to take away.
func stillUsed(ctx context.Context, s *txlog.Snapshot, f feature.Feature) error {
	switch f.Name {
	case "checkConstraints":
		if names := constraintNames(s.Properties().All()); len(names) > 0 {
			return &FeatureError{f.Name, "is used by the constraints " + strings.Join(names, ", ") + ": drop those first"}
		}
	case "deletionVectors":
		return noDeletionVectors(ctx, s)
	case "typeWidening", "typeWidening-preview":
		for path, c := range s.Schema().Walk() {
			if _, ok := c.Metadata[schema.KeyTypeChanges]; ok {
				return &FeatureError{f.Name, fmt.Sprintf("is used by column %s, whose type was widened: files from before have the type of then, and must be rewritten to lose the record of it; write the table anew instead", Path(path))}
			}
		}
	case "checkpointProtection":
		text, _ := s.Properties().Get(txlog.PropCheckpointProtection)
		before, _ := strconv.ParseInt(text, 10, 64) // without the property nothing is protected
		earliest, err := s.Log().EarliestVersion(ctx)
		if err != nil {
			return err
		}
		if earliest < before {
			return &FeatureError{f.Name, fmt.Sprintf("protects the history before version %d, which goes back to version %d: it can be dropped when that has expired (delta.logRetentionDuration) and was cleaned up", before, earliest)}
		}
	}
	return nil
}

func noDeletionVectors(ctx context.Context, s *txlog.Snapshot) error {
	n := 0
	for a, err := range s.Files(ctx) {
		if err != nil {
			return err
		}
		if a.DeletionVector != nil {
			n++
		}
	}
	if n > 0 {
		return &FeatureError{"deletionVectors", fmt.Sprintf("is used by %d files, which have rows deleted by them: set delta.enableDeletionVectors=false, and rewrite these files (ingestd update --set COLUMN=COLUMN, or OPTIMIZE of another engine)", n)}
	}
	return nil
}

// turnOff takes properties off in a commit of its own, where any is set.
func turnOff(ctx context.Context, t *table.Table, keys ...string) error {
	_, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		var gone []string
		for _, k := range keys {
			if _, ok := d.properties[k]; ok {
				delete(d.properties, k)
				gone = append(gone, k)
			}
		}
		d.op = txlog.Operation{Name: "UNSET TBLPROPERTIES", Parameters: map[string]any{"properties": asJSON(gone), "ifExists": true}}
		return nil
	})
	return err
}

// clearRowIDs ends the promise of row ids, and adds all files again without theirs. While row tracking is
// suspended the log gives none to new files.
func clearRowIDs(ctx context.Context, t *table.Table) error {
	_, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		return d.set(map[string]string{txlog.PropRowTracking: "false", txlog.PropRowTrackingSuspended: "true"})
	})
	if err != nil {
		return err
	}
	_, err = apply(ctx, t, func(ctx context.Context, d *draft) error {
		for a, err := range d.snap.Files(ctx) {
			if err != nil {
				return err
			}
			if a.BaseRowID == nil && a.DefaultRowCommitVersion == nil {
				continue
			}
			bare := *a
			bare.BaseRowID, bare.DefaultRowCommitVersion, bare.DataChange = nil, nil, false
			d.extra = append(d.extra, &bare)
			d.rewritten = append(d.rewritten, a.Path)
		}
		d.op = txlog.Operation{Name: "ROW TRACKING UNBACKFILL", Parameters: map[string]any{}}
		return nil
	})
	return err
}

// clearDomains takes all domains off, whose features are gone already.
func clearDomains(ctx context.Context, t *table.Table) error {
	_, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		for name, text := range d.snap.Domains() {
			d.extra = append(d.extra, &action.DomainMetadata{Domain: name, Configuration: text, Removed: true})
		}
		d.op = txlog.Operation{Name: "DOMAIN METADATA CLEANUP", Parameters: map[string]any{}}
		return nil
	})
	return err
}

// emptyCommit makes a version that changes nothing, with a checkpoint: clients that begin there need
// not read what was before.
func emptyCommit(ctx context.Context, t *table.Table) error {
	_, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		d.op, d.commit = txlog.Operation{Name: "Empty Commit", Parameters: map[string]any{}}, true
		return nil
	})
	if err != nil {
		return err
	}
	_, err = t.Snapshot().Checkpoint(ctx)
	return err
}
