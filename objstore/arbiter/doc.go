// Package arbiter gives put-if-absent to commits in a store that has none: a table of DynamoDB says which writer has a version.
//
// It speaks the protocol of Spark's S3DynamoDBLogStore (io.delta.storage, the class BaseExternalLogStore), with the same
// table layout, so Spark and this program may write to one Delta table at the same time. All writers of a Delta table must
// use the same DynamoDB table in the same region, and spell the Delta table's path alike ([Options.Scheme]).
//
// # A commit
//
// Put of "_delta_log/N.json" with IfAbsent is
//
//	0  look: N.json must not be there
//	1  look: N-1 must be there; an entry that was left incomplete is recovered first
//	2  prepare: the bytes go to "_delta_log/.tmp/N.json.<uuid>", and an entry that names it goes into DynamoDB, on the
//	   condition that there is none for N: this is the commit
//	3  commit: the bytes are put at N.json, which must not be there yet with other bytes
//	4  acknowledge: the entry is marked complete, and may expire a day later
//
// Whoever finds an entry that is not complete does steps 3 and 4 for its writer: a list of the log looks at the newest
// entry; the next writer looks at N-1; and a Get or Head of a version that is not there looks at the entry of that version,
// since it is one that a writer is just making. The bytes of N.json are the same whoever puts them, so it does no harm
// when several do.
//
// After step 2 a commit cannot fail any more. Where the answer to step 2 was lost the entry is read back: its tempPath
// says whose it is. When that does not answer either, the put returns objstore.ErrOutcomeUnknown.
//
// # What else
//
// Every other call goes to the wrapped store as it is. Where that refuses IfAbsent, what is made from commits (checkpoints,
// version checksums) and what has a UUID in its name (deletion vectors) is put after a look, for two writers of those do each other
// no harm; all else stays refused: let the checkpoint location of a pipeline be on a local disk. Temporary files stay, as with Spark: a lifecycle rule that expires
// "_delta_log/.tmp/" after some days removes them. Let the DynamoDB table expire entries by the attribute expireTime.
//
// Package arbiter knows the names of the log's commits and nothing else of Delta.
package arbiter
