// Package service makes running queries of pipeline files, and opens the stores and tables that commands name.
//
// It is where the adapters are wired to the engine, each by hand and in one place: sources, formats, operators,
// sinks. It knows all rooms below and no command line.
package service
