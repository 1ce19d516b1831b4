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

// clear takes off what makes the table use the feature, where that loses nothing of what the table says.
func clear(ctx context.Context, t *table.Table, f feature.Feature) error {
	if err := keeps(ctx, t.Snapshot(), f); err != nil {
		return err
	}
	switch f.Name {
	case "deletionVectors":
		return purgeVectors(ctx, t)
	case "typeWidening", "typeWidening-preview":
		return purgeTypes(ctx, t)
	case "inCommitTimestamp", "v2Checkpoint":
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

// keeps names what stands against the drop and is for the user to take away.
func keeps(ctx context.Context, s *txlog.Snapshot, f feature.Feature) error {
	switch f.Name {
	case "checkConstraints":
		if names := constraintNames(s.Properties().All()); len(names) > 0 {
			return &FeatureError{f.Name, "is used by the constraints " + strings.Join(names, ", ") + ": drop those first"}
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

// stillUsed finds what another writer has brought back since clear: the drop can be tried again.
func stillUsed(ctx context.Context, s *txlog.Snapshot, f feature.Feature) error {
	if err := keeps(ctx, s, f); err != nil {
		return err
	}
	again := &FeatureError{f.Name, "has come into use again, by another writer; drop it once more"}
	switch f.Name {
	case "deletionVectors":
		if s.DeletionVectorsEnabled() {
			return again
		}
		for a, err := range s.Files(ctx) {
			if err != nil {
				return err
			}
			if a.DeletionVector != nil {
				return again
			}
		}
	case "typeWidening", "typeWidening-preview":
		if widened(s.Schema()) {
			return again
		}
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
