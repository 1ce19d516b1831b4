package debezium

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// holders are the JSON that stands for a value of p which the log of the database does not have, in each of the forms that
// Debezium's connectors give their placeholder: the text; its bytes; in an array the text, the bytes, each byte as a number, or a UUID made
// of it; in an hstore the text as key and value. Debezium's JSON has no white space.
func (o *Options) holders(p *plan) []string {
	text := quote(o.UnavailableValue)
	pair := "{" + text + ":" + text + "}"
	all := []string{text}
	switch p.enc {
	case asBytes, asDecimal:
		all = append(all, quote(base64.StdEncoding.EncodeToString([]byte(o.UnavailableValue))))
	case asText:
		all = append(all, quote(pair))
	case asMap:
		all = append(all, pair)
	case asList:
		for _, h := range o.holders(p.element) {
			all = append(all, "["+h+"]")
		}
		switch p.element.typ {
		case schema.String:
			all = append(all, "["+quote(o.unavailableUUID())+"]")
		case schema.Integer, schema.Long, schema.Date:
			all = append(all, "["+o.unavailableNumbers()+"]")
		}
	}
	return all
}

func (o *Options) unavailableNumbers() string {
	var all []string
	for _, b := range []byte(o.UnavailableValue) {
		all = append(all, strconv.Itoa(int(int8(b))))
	}
	return strings.Join(all, ",")
}

// unavailableUUID is java.util.UUID.nameUUIDFromBytes of the placeholder.
func (o *Options) unavailableUUID() string {
	h := md5.Sum([]byte(o.UnavailableValue)) //nolint:gosec // what Java makes of it, no secret
	h[6] = h[6]&0x0f | 0x30
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

func quote(t string) string {
	q, _ := json.Marshal(t) // a string always can be
	return string(q)
}
