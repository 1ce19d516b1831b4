package config

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// dynamoName is what DynamoDB takes as the name of a table.
var dynamoName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

// storage checks how object stores are reached, and fills in the defaults of the commit arbiter.
func (v *validator) storage(s *Storage) {
	const key = "storage.s3.commit.dynamodb"
	d := s.S3.Commit.DynamoDB
	if d == nil {
		if v.has("storage.s3.commit") {
			v.at("storage.s3.commit", "names no arbiter; there is dynamodb, and without commit the store must honour conditional puts")
		}
		return
	}
	if d.Table == "" {
		d.Table = "delta_log"
	}
	if d.Region == "" {
		d.Region = "us-east-1"
	}
	if d.Scheme == "" {
		d.Scheme = "s3a"
	}
	if d.TTL == 0 && !v.has(key+".ttl") {
		d.TTL = 24 * time.Hour
	}
	if !dynamoName.MatchString(d.Table) {
		v.at(key+".table", "a table of DynamoDB has 3 to 255 letters, digits, '_', '-' and '.', not %q", d.Table)
	}
	v.oneOf(key+".scheme", d.Scheme, "s3a", "s3", "s3n")
	if u, err := url.Parse(d.Endpoint); d.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "") {
		v.at(key+".endpoint", "must be a URL such as http://127.0.0.1:8000")
	}
	if (d.AccessKeyID == "") != (d.SecretAccessKey.Reveal() == "") {
		v.at(key, "access_key_id and secret_access_key are needed together")
	}
	v.atLeast(key+".read_capacity", d.ReadCapacity, 1)
	v.atLeast(key+".write_capacity", d.WriteCapacity, 1)
	if d.OnDemand && (d.ReadCapacity > 0 || d.WriteCapacity > 0) {
		v.at(key+".on_demand", "excludes read_capacity and write_capacity")
	}
	if v.has(key+".ttl") && d.TTL < time.Hour {
		v.at(key+".ttl", "must be at least 1h, not %s: an entry that goes too soon lets two writers have one version", d.TTL)
	}
}
