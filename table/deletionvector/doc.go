// Package deletionvector reads and writes deletion vectors: the sets of rows of a data file that are
// deleted although the file still holds them ("Deletion Vectors" of the Delta protocol).
//
// It owns the set ([Bitmap]), its serialised form ([Parse], [Bitmap.Bytes]), the Base85 of descriptors,
// and the files that vectors lie in ([Read], [Write]). It knows actions and stores. It must not know
// Arrow, data files or tables: package table applies vectors to rows.
package deletionvector
