package tree

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Listening lists the TCP addresses on which the process and those below it
// listen, for messages. Sockets that joust may not read are missing.
func Listening(root int) []string {
	pids := []int{root}
	if below, err := Descendants(root); err == nil {
		for _, p := range below {
			pids = append(pids, p.PID)
		}
	}
	sockets := map[string]bool{}
	for _, pid := range pids {
		links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*") // the pattern is right
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil {
				if inode, ok := strings.CutPrefix(target, "socket:["); ok {
					sockets[strings.TrimSuffix(inode, "]")] = true
				}
			}
		}
	}
	var addresses []string
	for _, table := range []string{"tcp", "tcp6"} {
		// The process's own view of the network, which may be a container's.
		text, err := os.ReadFile("/proc/" + strconv.Itoa(root) + "/net/" + table)
		if err == nil {
			addresses = append(addresses, listening(string(text), sockets)...)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// listening reads the format of /proc/net/tcp, see proc(5): addresses in
// hexadecimal words of the machine's byte order, the state 0A for a listener,
// and the socket's inode.
func listening(table string, sockets map[string]bool) []string {
	const state, inode, listen = 3, 9, "0A"
	var addresses []string
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) <= inode || fields[state] != listen || !sockets[fields[inode]] {
			continue
		}
		if address, err := kernelAddress(fields[1]); err == nil {
			addresses = append(addresses, address.String())
		}
	}
	return addresses
}

// kernelAddress reads an address such as 0100007F:1F90.
func kernelAddress(text string) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(host)
	if err != nil || len(words)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", host)
	}
	for i := 0; i < len(words); i += 4 {
		binary.NativeEndian.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	address, ok := netip.AddrFromSlice(words)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", host)
	}
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(number)), nil
}
