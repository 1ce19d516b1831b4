// Package streamtest helps to test the engine and its adapters: a source, a decoder and a place for
// dead letters in memory, and the conformance suites that every source ([TestSource]) and every
// sink ([TestSink]) passes.
//
// It knows the interfaces of package stream alone; an adapter's tests hand it a harness.
package streamtest
