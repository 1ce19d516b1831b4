package debezium

// event is a change event, however it was written.
type event struct {
	form   form
	schema *eventSchema // nil where the event has none with it

	op            byte  // 0 is unknown
	before, after image // of a flat event the row is after
	deleted       bool  // flat: __deleted says so
	hasDeleted    bool  // flat: there is __deleted
	source
}

// image is where in the value of the record a row stands.
type image struct{ from, to int }

// none says that there is no row.
func (i image) none() bool { return i.to == 0 }
