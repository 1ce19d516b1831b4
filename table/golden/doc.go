// Package golden reads Delta tables that other implementations wrote, with the rows that a correct
// reader returns, and checks that package table agrees.
//
// The tables are not part of this repository: they are looked for in $GOLDEN_DIR, where they must
// be, else in ../shared/golden beside the repository; where they are not there either, tests are
// skipped. What is exported here unpacks them for the tests of other packages; it knows nothing of Delta.
package golden
