// Package checkpoint keeps the offset log and the commit log of one query in an object store, in
// the layout of Spark Structured Streaming:
//
//	metadata       {"id": "<uuid>"}: the identity of the query
//	sources/0/0    the offsets at which the query began
//	offsets/N      batch N and its range, written before the batch runs: from here it is fixed
//	commits/N      batch N is in the sink
//
// Each entry is written with put-if-absent, so that of two processes that run one query only one
// can begin a batch. A checkpoint is a hint that may only lag (package stream says why); it owns
// these files and must know neither sources nor sinks nor the engine.
package checkpoint
