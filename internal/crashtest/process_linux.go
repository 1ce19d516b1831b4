package crashtest

import "syscall"

// ownGroup puts a child into a process group of its own that the kernel kills when its parent dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
