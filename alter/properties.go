package alter

import (
	"context"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/feature"
)

// SetProperties sets table properties. Those whose names begin with "delta." must be ones that Delta knows; what they turn on
// comes to be supported by the protocol. Turning on row tracking first gives row ids to all files, in commits of their own.
// A "comment" is the description of the table.
// Errors: *PropertyError, *txlog.PropertyError, those of feature.Upgrade.
func SetProperties(ctx context.Context, t *table.Table, properties map[string]string) (Result, error) {
	props, err := normalise(properties)
	if err != nil {
		return Result{}, err
	}
	if isTrue(props[txlog.PropRowTracking]) && !t.Snapshot().RowTrackingEnabled() {
		if err := prepareRowTracking(ctx, t); err != nil {
			return Result{}, err
		}
	}
	return apply(ctx, t, func(_ context.Context, d *draft) error { return d.set(props) })
}

func (d *draft) set(props map[string]string) error {
	for k, v := range props {
		switch {
		case k == "comment":
			d.description = &v
		case feature.Steers(k):
			d.ask[k] = v
		default:
			d.properties[k] = v
		}
	}
	if isTrue(props[txlog.PropRowTracking]) {
		for k, v := range txlog.RowTrackingColumns(txlog.NewProperties(d.properties), d.t.NewID) {
			d.properties[k] = v
		}
	}
	d.op = txlog.Operation{Name: "SET TBLPROPERTIES", Parameters: map[string]any{"properties": asJSON(props)}}
	return txlog.NewProperties(d.properties).Check()
}

// UnsetProperties takes table properties off, so that their defaults hold. ifExists makes it no error that one is not set.
// Errors: *PropertyError.
func UnsetProperties(ctx context.Context, t *table.Table, ifExists bool, names ...string) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		keys := make([]string, len(names))
		for i, name := range names {
			key, err := d.unset(name, ifExists)
			if err != nil {
				return err
			}
			keys[i] = key
		}
		d.op = txlog.Operation{Name: "UNSET TBLPROPERTIES", Parameters: map[string]any{"properties": asJSON(keys), "ifExists": ifExists}}
		return nil
	})
}

func (d *draft) unset(name string, ifExists bool) (string, error) {
	key := canonical(name)
	if key == "comment" {
		d.description = new("")
		return key, nil
	}
	if err := settable(key); err != nil {
		return "", err
	}
	if _, ok := d.properties[key]; !ok && !ifExists {
		return "", &PropertyError{key, "is not set on the table" + suggest.DidYouMean(key, keysOf(d.properties))}
	}
	delete(d.properties, key)
	return key, nil
}

// normalise spells the names as Delta does and refuses those that cannot be set.
func normalise(properties map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(properties))
	for name, value := range properties {
		key := canonical(name)
		if err := settable(key); err != nil {
			return nil, err
		}
		if _, twice := out[key]; twice {
			return nil, &PropertyError{key, "is given twice, in different case"}
		}
		out[key] = value
	}
	return out, nil
}

// canonical is the name as Delta spells it; the names of others are left as they are.
func canonical(name string) string {
	for _, known := range settableProperties {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// settable: Delta knows the property, and users may set it this way.
func settable(key string) error {
	lower := strings.ToLower(key)
	switch {
	case strings.HasPrefix(lower, constraintPrefix):
		return &PropertyError{key, "a constraint is added and dropped as such (add-constraint, drop-constraint), since rows must be checked"}
	case lower == "location" || lower == "provider" || lower == "owner" || lower == "external":
		return &PropertyError{key, "it cannot be changed"}
	case lower == "delta.feature.clustering":
		return &PropertyError{key, "a table is clustered by naming the columns (cluster-by)"}
	case strings.HasPrefix(lower, "delta.feature."), !strings.HasPrefix(lower, "delta."):
		return nil
	}
	for _, own := range ownProperties {
		if strings.EqualFold(key, own) {
			return &PropertyError{key, "writers keep it themselves; it cannot be set or unset"}
		}
	}
	for _, known := range settableProperties {
		if key == known {
			return nil
		}
	}
	return &PropertyError{key, fmt.Sprintf("Delta knows no such property%s; properties of your own have names that do not begin with delta.", nearest(key))}
}

func nearest(key string) string {
	if near, ok := suggest.Nearest(key, settableProperties); ok {
		return "; did you mean " + near + "?"
	}
	return ""
}

// prepareRowTracking makes the table support row tracking and gives ids to the files that have none, which
// must be so before the property promises it ("Row Tracking").
func prepareRowTracking(ctx context.Context, t *table.Table) error {
	ask := map[string]string{"delta.feature.rowTracking": "supported"}
	if _, err := apply(ctx, t, func(_ context.Context, d *draft) error {
		if d.snap.Supports("rowTracking") && !isTrue(d.properties[txlog.PropRowTrackingSuspended]) {
			return nil
		}
		delete(d.properties, txlog.PropRowTrackingSuspended)
		return d.set(ask)
	}); err != nil {
		return err
	}
	if _, err := t.Snapshot().BackfillRowIDs(ctx, 0); err != nil {
		return err
	}
	return t.Refresh(ctx)
}
