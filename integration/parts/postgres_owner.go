package parts

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the user that a server of PostgreSQL runs as, which refuses to be root: nil, this process's own, where that is
// not root, else the user of the Debian package, who is given the folder data and a way to it.
func owner(data string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(data, int(uid), int(gid)); err != nil {
		return nil, err
	}
	if err := letThrough(filepath.Dir(data)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// letThrough lets everybody pass through dir, which is below the folder for temporary files, and the folders between.
func letThrough(dir string) error {
	top := filepath.Clean(os.TempDir())
	for ; dir != top; dir = filepath.Dir(dir) {
		if !strings.HasPrefix(dir, top+string(filepath.Separator)) {
			return fmt.Errorf("%s is not below %s: a server that may not be root cannot be let in", dir, top)
		}
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if err := os.Chmod(dir, info.Mode().Perm()|0o111); err != nil {
			return err
		}
	}
	return nil
}
