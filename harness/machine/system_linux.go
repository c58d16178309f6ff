package machine

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"golang.org/x/sys/unix"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/results"
)

// sysctlNames are the settings of the network stack that shape results.
var sysctlNames = [...]string{
	"net.core.somaxconn",
	"net.ipv4.tcp_max_syn_backlog",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_tw_reuse",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_wmem",
}

// system adds the facts of Linux.
func system(h *results.Host) {
	if info, err := host.Info(); err == nil {
		h.Kernel = info.KernelVersion
		h.Distribution = strings.TrimSpace(info.Platform + " " + info.PlatformVersion)
		if info.VirtualizationRole == "guest" {
			h.Virtualization = info.VirtualizationSystem
		}
	}
	if processors, err := cpu.Info(); err == nil && len(processors) > 0 {
		h.CPUModel = strings.Join(strings.Fields(processors[0].ModelName), " ")
		if h.Virtualization == "" && slices.Contains(processors[0].Flags, "hypervisor") {
			h.Virtualization = "an unnamed hypervisor"
		}
	}
	if topology, err := cpuset.Read(); err == nil {
		h.Topology = topology.String()
		h.CPUs = len(topology.CPUs)
	}
	h.Cgroup = cgroupVersion("/sys/fs/cgroup")
	systemFiles(os.DirFS("/"), h)
}

// systemFiles adds the facts that gopsutil does not know, from a file tree in
// which /proc and /sys are mounted.
func systemFiles(root fs.FS, h *results.Host) {
	h.Governor = governors(root)
	h.Turbo = turbo(root)
	h.Battery = battery(root)
	h.Sysctls = sysctls(root)
}

// governors names the frequency governors in use, each once.
func governors(root fs.FS) string {
	files, _ := fs.Glob(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor") // the pattern is right
	var names []string
	for _, file := range files {
		if name := line(root, file); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// turbo returns "on", "off" or empty.
func turbo(root fs.FS) string {
	return cmp.Or(
		map[string]string{"0": "on", "1": "off"}[line(root, "sys/devices/system/cpu/intel_pstate/no_turbo")],
		map[string]string{"1": "on", "0": "off"}[line(root, "sys/devices/system/cpu/cpufreq/boost")],
	)
}

// battery returns the state of the machine's own battery, such as "discharging", or
// empty when there is none. Batteries of mice and keyboards do not matter.
func battery(root fs.FS) string {
	supplies, _ := fs.Glob(root, "sys/class/power_supply/*") // the pattern is right
	for _, dir := range supplies {
		if line(root, path.Join(dir, "type")) == "Battery" && line(root, path.Join(dir, "scope")) != "Device" {
			return strings.ToLower(line(root, path.Join(dir, "status")))
		}
	}
	return ""
}

func sysctls(root fs.FS) map[string]string {
	values := make(map[string]string)
	for _, name := range sysctlNames {
		if value := line(root, "proc/sys/"+strings.ReplaceAll(name, ".", "/")); value != "" {
			values[name] = value
		}
	}
	return values
}

// line returns a small file's text with single spaces, empty when it cannot be
// read.
func line(root fs.FS, name string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// cgroupVersion returns the versions that are mounted: "v2", "v1 and v2" or "v1".
func cgroupVersion(dir string) string {
	isV2 := func(dir string) bool {
		var s unix.Statfs_t
		return unix.Statfs(dir, &s) == nil && s.Type == unix.CGROUP2_SUPER_MAGIC
	}
	switch _, err := os.Stat(dir); {
	case err != nil:
		return ""
	case isV2(dir):
		return "v2"
	case isV2(path.Join(dir, "unified")):
		return "v1 and v2"
	}
	return "v1"
}
