package json

import (
	"encoding/json"
)

// RescuedColumn is the name of the column that, with [Rescue], holds as a JSON object what of a
// record did not fit the schema, each value as it stood in the record; null where all did.
const RescuedColumn = "_rescued_data"

// keepComma begins the next member of the rescued object.
func (s *scanner) keepComma() []byte {
	if len(s.rescued) == 0 {
		return append(s.rescued, '{')
	}
	return append(s.rescued, ',')
}

// keep adds a member as it stands in the record.
func (s *scanner) keep(member []byte) {
	s.rescued = append(s.keepComma(), member...)
}

// appendKey appends the name of a field and a colon.
func appendKey(out []byte, f *field) []byte {
	if f.key != "" {
		return append(out, f.key...)
	}
	q, err := json.Marshal(f.name)
	if err != nil { // a string always can be
		return append(out, `"":`...)
	}
	return append(append(out, q...), ':')
}
