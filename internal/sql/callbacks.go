package sql

/*
#include <stdint.h>
#include <stdlib.h>

void ingestd_bind_rows(void *);
void ingestd_bind_delta(void *);
void ingestd_bind_changes(void *);
void ingestd_init(void *);
void ingestd_local_init(void *);
void ingestd_scan(void *, void *);
void ingestd_delete(void *);
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// rowsFunction is the table function under the views of relations.
const rowsFunction = "ingestd_rows"

// registerFunctions makes the table functions known to all connections of the database.
func registerFunctions(db *DB, conn duckdb.Connection) error {
	bigint := duckdb.CreateLogicalType(duckdb.TypeBigInt)
	varchar := duckdb.CreateLogicalType(duckdb.TypeVarchar)
	defer duckdb.DestroyLogicalType(&bigint)
	defer duckdb.DestroyLogicalType(&varchar)

	rows := newTableFunction(db, rowsFunction, C.ingestd_bind_rows)
	defer duckdb.DestroyTableFunction(&rows)
	duckdb.TableFunctionAddParameter(rows, bigint)

	delta := newTableFunction(db, deltaFunction, C.ingestd_bind_delta)
	defer duckdb.DestroyTableFunction(&delta)
	duckdb.TableFunctionAddParameter(delta, varchar)
	duckdb.TableFunctionAddNamedParameter(delta, "version", bigint)
	duckdb.TableFunctionAddNamedParameter(delta, timestampName, varchar)

	changes := newTableFunction(db, changesFunction, C.ingestd_bind_changes)
	defer duckdb.DestroyTableFunction(&changes)
	anything := duckdb.CreateLogicalType(duckdb.TypeAny)
	defer duckdb.DestroyLogicalType(&anything)
	for _, t := range []duckdb.LogicalType{varchar, anything, anything} {
		duckdb.TableFunctionAddParameter(changes, t)
	}

	for _, f := range []duckdb.TableFunction{rows, delta, changes} {
		if duckdb.RegisterTableFunction(conn, f) == duckdb.StateError {
			return fmt.Errorf("a table function cannot be registered")
		}
	}
	return nil
}

func newTableFunction(db *DB, name string, bind unsafe.Pointer) duckdb.TableFunction {
	f := duckdb.CreateTableFunction()
	duckdb.TableFunctionSetName(f, name)
	duckdb.TableFunctionSetExtraInfo(f, toC(db), C.ingestd_delete)
	duckdb.TableFunctionSetBind(f, bind)
	duckdb.TableFunctionSetInit(f, C.ingestd_init)
	duckdb.TableFunctionSetLocalInit(f, C.ingestd_local_init)
	duckdb.TableFunctionSetFunction(f, C.ingestd_scan)
	duckdb.TableFunctionSupportsProjectionPushdown(f, true)
	return f
}

// toC makes memory of C's that stands for v until ingestd_delete.
func toC(v any) unsafe.Pointer {
	p := C.malloc(C.size_t(unsafe.Sizeof(uintptr(0))))
	*(*cgo.Handle)(p) = cgo.NewHandle(v)
	return p
}

func fromC[T any](p unsafe.Pointer) T { return (*(*cgo.Handle)(p)).Value().(T) }

//export ingestd_delete
func ingestd_delete(p unsafe.Pointer) {
	h := *(*cgo.Handle)(p)
	C.free(p)
	v := h.Value()
	h.Delete()
	switch v := v.(type) {
	case *worker:
		v.close()
	case *scan:
		v.reader.close()
	}
}

// guard turns a panic into an error: one that passed through C would end the process.
func guard(report func(error)) {
	if r := recover(); r != nil {
		report(fmt.Errorf("internal error: %v", r))
	}
}

//export ingestd_bind_rows
func ingestd_bind_rows(p unsafe.Pointer) {
	bindWith(duckdb.BindInfo{Ptr: p}, func(info duckdb.BindInfo, db *DB, _ *Session) (source, error) {
		id := duckdb.BindGetParameter(info, 0)
		defer duckdb.DestroyValue(&id)
		db.mu.Lock()
		defer db.mu.Unlock()
		r, ok := db.rows[duckdb.GetInt64(id)]
		if !ok {
			return nil, fmt.Errorf("there are no such rows")
		}
		return r, nil
	})
}

//export ingestd_bind_delta
func ingestd_bind_delta(p unsafe.Pointer) {
	bindWith(duckdb.BindInfo{Ptr: p}, bindDelta)
}

//export ingestd_bind_changes
func ingestd_bind_changes(p unsafe.Pointer) {
	bindWith(duckdb.BindInfo{Ptr: p}, bindChanges)
}

func bindWith(info duckdb.BindInfo, find func(duckdb.BindInfo, *DB, *Session) (source, error)) {
	db := fromC[*DB](duckdb.BindGetExtraInfo(info))
	session := db.session(connectionOf(info))
	fail := func(err error) {
		if session != nil {
			session.fail(err)
		}
		duckdb.BindSetError(info, err.Error())
	}
	defer guard(fail)
	src, err := find(info, db, session)
	if err != nil {
		fail(err)
		return
	}
	for _, f := range src.schema().Fields() {
		if err := addColumn(info, f); err != nil {
			fail(err)
			return
		}
	}
	if n := src.numRows(); n >= 0 {
		duckdb.BindSetCardinality(info, duckdb.IdxT(n), false)
	}
	duckdb.BindSetBindData(info, toC(&binding{source: src, session: session}), C.ingestd_delete)
}

func connectionOf(info duckdb.BindInfo) uint64 {
	var ctx duckdb.ClientContext
	duckdb.TableFunctionGetClientContext(info, &ctx)
	defer duckdb.DestroyClientContext(&ctx)
	return uint64(duckdb.ClientContextGetConnectionId(ctx))
}

func addColumn(info duckdb.BindInfo, f arrow.Field) error {
	t, err := duckType(f.Type)
	if err != nil {
		return fmt.Errorf("column %q: %w", f.Name, err)
	}
	defer duckdb.DestroyLogicalType(&t)
	duckdb.BindAddResultColumn(info, f.Name, t)
	return nil
}

//export ingestd_init
func ingestd_init(p unsafe.Pointer) {
	info := duckdb.InitInfo{Ptr: p}
	b := fromC[*binding](duckdb.InitGetBindData(info))
	fail := func(err error) {
		b.session.fail(err)
		duckdb.InitSetError(info, err.Error())
	}
	defer guard(fail)
	wanted := make([]uint64, duckdb.InitGetColumnCount(info))
	for i := range wanted {
		wanted[i] = uint64(duckdb.InitGetColumnIndex(info, duckdb.IdxT(i)))
	}
	s, threads := b.start(wanted)
	duckdb.InitSetMaxThreads(info, duckdb.IdxT(threads))
	duckdb.InitSetInitData(info, toC(s), C.ingestd_delete)
}

//export ingestd_local_init
func ingestd_local_init(p unsafe.Pointer) {
	duckdb.InitSetInitData(duckdb.InitInfo{Ptr: p}, toC(&worker{}), C.ingestd_delete)
}

//export ingestd_scan
func ingestd_scan(p, out unsafe.Pointer) {
	info, chunk := duckdb.FunctionInfo{Ptr: p}, duckdb.DataChunk{Ptr: out}
	b := fromC[*binding](duckdb.FunctionGetBindData(info))
	fail := func(err error) {
		b.session.fail(err)
		duckdb.FunctionSetError(info, err.Error())
	}
	defer guard(fail)
	w := fromC[*worker](duckdb.FunctionGetLocalInitData(info))
	w.scan = fromC[*scan](duckdb.FunctionGetInitData(info))
	n, err := w.fill(chunk)
	if err != nil {
		fail(err)
		return
	}
	duckdb.DataChunkSetSize(chunk, duckdb.IdxT(n))
}
