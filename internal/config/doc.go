// Package config reads pipeline files: YAML with Spark's option names in snake_case.
//
// It owns the shape of the file, the expansion of ${NAME} and ${file:/path}, and everything that can be
// found wrong without touching a broker or a store: unknown keys with the nearest valid one, wrong
// types, values out of range, impossible combinations. All problems of a file come at once, each with its
// line, column and key ([Error]).
//
// It knows nothing of how a query runs; package service makes queries of what is read here.
package config
