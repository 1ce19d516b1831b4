package alter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
)

// AddFeature makes the protocol of the table support a feature, and those that it requires. What turns
// it on is a property or a column of its own.
// Errors: *FeatureError for an unknown name, *feature.UnsupportedFeatureError for one that this version does not write.
func AddFeature(ctx context.Context, t *table.Table, name string) (Result, error) {
	f, ok := feature.ByName(name)
	if !ok {
		return Result{}, &FeatureError{name, "is none that is known" + suggest.DidYouMean(name, featureNames())}
	}
	if f.Name == "clustering" {
		return Result{}, &FeatureError{f.Name, "is added by naming the columns (cluster-by)"}
	}
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		if feature.Supports(d.snap.Protocol(), f.Name) {
			return nil
		}
		return d.set(map[string]string{"delta.feature." + f.Name: "supported"})
	})
}

// featureNames are those that a table can come to have.
func featureNames() []string {
	var names []string
	for _, f := range feature.All() {
		if f.Write == feature.Full && !strings.HasSuffix(f.Name, "-preview") {
			names = append(names, f.Name)
		}
	}
	return names
}

// DropFeature takes a feature off the protocol of the table, so that clients that do not know it can use the table again. What makes
// the table use it is taken off first, in commits of their own: properties, domains, row ids; files with deletion vectors, or of
// before a type was widened, are written anew. Constraints and renamed columns are the user's, and are named.
//
// Of a feature that readers need, older versions of the table are not to be read without it; so checkpoints are
// written around the drop, and the feature checkpointProtection is added to keep them as long as that history ("Checkpoint Protection" of
// the RFC, as Spark does it).
// Errors: *FeatureError.
func DropFeature(ctx context.Context, t *table.Table, name string) (Result, error) {
	f, err := droppable(t, name)
	if err != nil {
		return Result{}, err
	}
	if err := clear(ctx, t, f); err != nil {
		return Result{}, err
	}
	barrier := f.ReaderWriter
	if barrier {
		for range barriers {
			if err := emptyCommit(ctx, t); err != nil {
				return Result{}, err
			}
		}
	}
	r, err := apply(ctx, t, func(ctx context.Context, d *draft) error {
		if err := stillUsed(ctx, d.snap, f); err != nil { // by another writer, meanwhile
			return err
		}
		return d.dropFeature(f, barrier)
	})
	if err != nil || !barrier {
		return r, err
	}
	if _, err := t.Snapshot().Checkpoint(ctx); err != nil {
		return r, fmt.Errorf("the feature %s was dropped in version %d, whose checkpoint could not be written: %w", f.Name, r.Version, err)
	}
	return r, nil
}

// barriers is how many checkpoints stand before the drop of a feature, as in Spark.
const barriers = 3

// droppable: the table has the feature, under that very name, and can lose it.
func droppable(t *table.Table, name string) (feature.Feature, error) {
	p := t.Snapshot().Protocol()
	f, ok := feature.ByName(name)
	switch {
	case !ok:
		return f, &FeatureError{name, "is none that is known" + suggest.DidYouMean(name, feature.Names(p))}
	case !feature.Listed(p, f.Name):
		return f, &FeatureError{f.Name, "is not one of the table's: " + strings.Join(feature.Names(p), ", ")}
	case !f.Droppable:
		return f, &FeatureError{f.Name, "cannot be dropped: " + f.KeptBecause}
	}
	var by []string
	for _, other := range feature.All() {
		if slices.Contains(other.Requires, f.Name) && feature.Listed(p, other.Name) {
			by = append(by, other.Name)
		}
	}
	if len(by) > 0 {
		return f, &FeatureError{f.Name, "is required by " + strings.Join(by, ", ") + " of this table: drop that first"}
	}
	return f, nil
}

// dropFeature takes the feature, and the properties that are nothing without it, off the draft.
func (d *draft) dropFeature(f feature.Feature, barrier bool) error {
	p := feature.Without(d.snap.Protocol(), f.Name)
	if barrier {
		d.ask["delta.feature.checkpointProtection"] = "supported" // the log sets the version that it protects
	}
	for _, k := range propertiesOf[f.Name] {
		delete(d.properties, k)
	}
	if f.Name == "rowTracking" {
		if _, ok := d.snap.Domain(rowTrackingDomain); ok {
			text, _ := d.snap.Domain(rowTrackingDomain)
			d.extra = append(d.extra, &action.DomainMetadata{Domain: rowTrackingDomain, Configuration: text, Removed: true})
		}
	}
	d.protocol = p
	d.op.Name = "DROP FEATURE"
	d.op.Parameters = map[string]any{"featureName": f.Name, "truncateHistory": f.Name == "checkpointProtection"}
	return nil
}
