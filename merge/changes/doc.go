// Package changes applies a stream of row changes to a table, so that the table stays equal to the one that the changes are
// of: what a Debezium stream asks of a sink, and what other engines call AUTO CDC or APPLY CHANGES.
//
// It owns what a batch of changes looks like ([Batch]), how several changes of one row become one, and the rule by which a
// change is applied or left: each has a sequence, and a row is as the change with the greatest sequence left it, in whatever
// order and however often changes come, also after the row was deleted. Where each version of a row is kept ([Options.History]), that holds for all
// of them: a version is the row from the sequence of the change that made it to the next one of its key. It must not know where changes come from
// (stream/format) nor how a stream commits (stream/sink).
package changes
