// Package arbiter tests commits that go through DynamoDB, against a real MinIO whose conditional puts are not used, and moto's
// DynamoDB: many writers at once, and writers that die between any two steps.
package arbiter
