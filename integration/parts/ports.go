package parts

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports are taken from below the range that systems take for outgoing connections, so that a server that is killed finds
// its port free when it comes back.
const firstPort, lastPort = 15000, 30000

// freePorts finds n ports of 127.0.0.1 that nobody listens on now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // held until all are found: no port twice
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("find free ports: all tried are taken")
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
