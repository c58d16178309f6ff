package tree

import (
	"net"
	"slices"
	"strconv"

	netstat "github.com/shirou/gopsutil/v3/net"
)

// Listening lists the TCP addresses on which the process and those below it
// listen, for messages. Sockets that joust may not read are missing.
func Listening(root int) []string {
	below, _ := Descendants(root) // without a list, the root alone
	var addresses []string
	for _, p := range append(below, Process{PID: root}) {
		sockets, _ := netstat.ConnectionsPid("tcp", int32(p.PID)) // joust may not read them
		for _, s := range sockets {
			if s.Status == "LISTEN" {
				addresses = append(addresses, net.JoinHostPort(s.Laddr.IP, strconv.Itoa(int(s.Laddr.Port))))
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}
