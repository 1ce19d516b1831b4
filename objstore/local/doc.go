// Package local keeps objects as files under a directory.
//
// The key is the path below the root. A put writes a temporary file in the folder of its target
// (so in its file system), syncs it, and then gives it its name in one step: by rename, or for
// IfAbsent by link (by renameat2 with RENAME_NOREPLACE where a file system has no hard links).
// Then the folder is synced, and each folder above that this process has not synced before. A
// file system that can do neither refuses IfAbsent with objstore.ErrNotSupported, for an
// exclusive create would show a file that is not yet whole.
//
// Names that begin with ".ingestd-" belong to the store: temporary files
// (".ingestd-RANDOM.tmp") and locks. They are never objects, are never listed, and cannot be
// keys. Engines of Delta pass over names that begin with "." too. What a process that died left
// behind is removed by RemoveStale.
//
// What differs from other stores:
//   - An object cannot be the folder of another: after "a", a put of "a/b" is refused with
//     ErrNotSupported, and the other way round.
//   - IfMatch compares and replaces under a lock of the folder (flock), so it is atomic among all
//     stores of this package on this host and where the file system shares such locks among
//     hosts. It is not atomic with unconditional puts, deletes, or other programs.
//   - An ETag is made of size, modification time and inode. Put sets the modification time to the
//     nanosecond, so two puts never share it, but a program that writes into a file in place and
//     resets its time is not noticed.
//   - A delete is not synced: after a power failure the file may be there again. Folders that
//     become empty stay.
//   - Symbolic links to files and folders are followed. A put over a link replaces the link. A
//     folder that links to one of those above it is not entered by List again.
//   - A put of "a/b", and a delete, remove "a/.b.crc": the checksums that Hadoop keeps of the file that was there.
//   - Files whose names are not UTF-8, and pipes, sockets and devices, are no objects.
//
// It must not know what the files hold.
package local
