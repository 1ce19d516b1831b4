package action

import (
	"io"

	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

// FileRef is an add or a remove of which only the identity was read. Path, DV and Body are parts of
// the text that was scanned (Path may be a copy) and valid as long as that is.
type FileRef struct {
	Remove bool
	Path   []byte // as it stands in the log, URI-encoded
	DV     string // unique id of the deletion vector, or empty
	Body   []byte // the object of the action, for DecodeAdd or DecodeRemove
}

// Scan walks a commit without building the file actions: file is given each add and remove, other
// is given all the rest. Either may be nil, which skips those. This is how a log is replayed: most
// file actions are never wanted, or only later. Errors: *DecodeError, or what the functions return.
func Scan(text []byte, file func(FileRef) error, other func(Action) error) error {
	d := NewDecoder(text)
	for d.s.More() {
		start := d.s.Offset()
		var kind string
		var stop error
		err := d.s.Object(func(key []byte) error {
			if d.s.Null() {
				return nil
			}
			kind = d.keys.get(key)
			if kind == "add" || kind == "remove" {
				if file == nil {
					return d.s.Skip()
				}
				ref, err := d.ref()
				if err != nil {
					return err
				}
				ref.Remove = kind == "remove"
				stop = file(ref)
				return stop
			}
			if other == nil || kind == "cdc" {
				return d.s.Skip()
			}
			a, err := d.body(kind)
			if err != nil {
				return err
			}
			stop = other(a)
			return stop
		})
		if stop != nil {
			return stop
		}
		if err != nil {
			return d.fail(kind, start, err)
		}
	}
	return nil
}

// ref reads the identity of the file action that is next.
func (d *Decoder) ref() (FileRef, error) {
	d.s.More()
	start := d.s.Offset()
	var ref FileRef
	err := d.s.Object(func(key []byte) error {
		switch string(key) {
		case "path":
			var err error
			ref.Path, err = d.s.Bytes()
			return err
		case "deletionVector":
			if d.s.Null() {
				return nil
			}
			dv, err := decodeDV(d.s, d.keys)
			if err != nil {
				return &fieldError{"deletionVector", err}
			}
			ref.DV = dv.UniqueID()
			return nil
		}
		return d.s.Skip()
	})
	if err == nil && len(ref.Path) == 0 {
		err = &fieldError{"path", errMissing}
	}
	ref.Body = d.text[start:d.s.Offset()]
	return ref, err
}

// FileDecoder decodes the bodies of FileRefs. The zero FileDecoder is ready. Not for concurrent use.
type FileDecoder struct{ keys interner }

// Add decodes the body of an add. Errors: *DecodeError.
func (f *FileDecoder) Add(body []byte) (*Add, error) {
	d := f.decoder(body)
	a, err := decodeAdd(d.s, d.keys)
	if err != nil {
		return nil, d.fail("add", 0, err)
	}
	return a, nil
}

// Remove decodes the body of a remove. Errors: *DecodeError.
func (f *FileDecoder) Remove(body []byte) (*Remove, error) {
	d := f.decoder(body)
	r, err := decodeRemove(d.s, d.keys)
	if err != nil {
		return nil, d.fail("remove", 0, err)
	}
	return r, nil
}

func (f *FileDecoder) decoder(body []byte) *Decoder {
	if f.keys == nil {
		f.keys = interner{}
	}
	return &Decoder{text: body, s: jsonscan.New(body), keys: f.keys}
}

// Each decodes the actions of a commit one by one, so that not all are in memory at once.
// Errors: *DecodeError, or what fn returns.
func Each(text []byte, fn func(Action) error) error {
	for d := NewDecoder(text); ; {
		a, err := d.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(a); err != nil {
			return err
		}
	}
}
