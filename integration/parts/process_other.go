//go:build unix && !linux

package parts

import "syscall"

// ownGroup puts a child into a process group of its own. Here nothing ends it if its parent is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
