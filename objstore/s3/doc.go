// Package s3 keeps objects in a bucket of S3, MinIO, or what speaks their protocol.
//
// # Lost answers
//
// A put whose answer does not come (cut connection, 5xx, timeout) may have taken effect, or may
// yet. Each put carries an id of its own in the object's metadata (Ingestd-Put). After a doubtful
// attempt of a conditional put, and whenever a condition is said not to hold, the object is read
// back: our id means that we wrote it; another's means that we lost; with no object there it is
// safe to try again, for at most one of the attempts can win. Where something on the way drops
// the metadata, equal content counts as ours. The client library's own retries are switched off,
// since they turn our own success into a lost race.
//
// When even reading back does not answer, or ctx ends after the request left, the put returns
// objstore.ErrOutcomeUnknown. So does a compare-and-swap (IfMatch) that finds another's object
// after a doubtful attempt: ours may have been there in between.
//
// # Conditions
//
// IfAbsent is If-None-Match: *, and IfMatch is If-Match, also when an upload in parts is
// completed. Stores exist that pass over these headers in silence, and on them two writers would
// both win a commit. So before the first conditional put to anything but AWS, a probe object
// (".ingestd-probe-...") is written twice; where the second put is not refused, conditional puts
// return objstore.ErrNotSupported. Options.TrustConditions leaves the probe out.
//
// # Uploads
//
// A body of up to Options.PartSize is held in memory and put in one request; a longer one is sent
// in parts of that size, of which at most Options.UploadParallelism+2 are in memory. Every part
// can be sent again, so a body that can be read one time only is no drawback. A failed upload is
// aborted; one whose process died stays invisible until the bucket's lifecycle rule removes it
// (AbortIncompleteMultipartUpload; set one).
//
// # Reading
//
// A body that breaks off is taken up again where it broke, by range and with If-Match, so it is
// of one object throughout.
//
// Package s3 must not know what the objects hold.
package s3
