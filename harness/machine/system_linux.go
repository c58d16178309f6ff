package machine

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

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

// system adds what Linux tells.
func system(h *results.Host) {
	if info, err := host.Info(); err == nil {
		h.Kernel = info.KernelVersion
		h.Distribution = strings.TrimSpace(info.Platform + " " + info.PlatformVersion)
		if info.VirtualizationRole == "guest" {
			h.Virtualization = info.VirtualizationSystem
		}
	}
	if topology, err := cpuset.Read(); err == nil {
		h.Topology = topology.String()
		h.CPUs = len(topology.CPUs)
	}
	h.Cgroup = cgroupVersion("/sys/fs/cgroup")
	systemFiles(os.DirFS("/"), h)
}

// systemFiles adds what stands in /proc and /sys, taken from a file tree in
// which both are mounted. gopsutil knows none of it, the processor's model
// apart, for which it would need one more module.
func systemFiles(root fs.FS, h *results.Host) {
	info := processorInfo(root)
	h.CPUModel = info.model
	if h.Virtualization == "" && info.guest {
		h.Virtualization = "a hypervisor that does not tell its name"
	}
	h.Governor = governors(root)
	h.Turbo = turbo(root)
	h.Battery = battery(root)
	h.Sysctls = sysctls(root)
}

// processor is what /proc/cpuinfo tells.
type processor struct {
	model string
	guest bool // runs under a hypervisor
}

func processorInfo(root fs.FS) processor {
	var p processor
	text, err := fs.ReadFile(root, "proc/cpuinfo")
	if err != nil {
		return p
	}
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "model name", "Model", "cpu model":
			if p.model == "" {
				p.model = strings.Join(strings.Fields(value), " ")
			}
		case "flags":
			p.guest = p.guest || slices.Contains(strings.Fields(value), "hypervisor")
		}
	}
	return p
}

// governors names the frequency governors in use, each once.
func governors(root fs.FS) string {
	files, err := fs.Glob(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
	if err != nil {
		return ""
	}
	var names []string
	for _, file := range files {
		if name := line(root, file); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// turbo is "on", "off" or empty.
func turbo(root fs.FS) string {
	switch line(root, "sys/devices/system/cpu/intel_pstate/no_turbo") {
	case "0":
		return "on"
	case "1":
		return "off"
	}
	switch line(root, "sys/devices/system/cpu/cpufreq/boost") {
	case "1":
		return "on"
	case "0":
		return "off"
	}
	return ""
}

// battery is the state of the machine's own battery, such as "discharging", or
// empty when there is none. Batteries of mice and keyboards do not matter.
func battery(root fs.FS) string {
	supplies, err := fs.Glob(root, "sys/class/power_supply/*")
	if err != nil {
		return ""
	}
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

// line is a small file's text with single spaces, empty when it cannot be
// read.
func line(root fs.FS, name string) string {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// cgroupVersion tells which hierarchy is mounted: "v2", "v1 and v2" or "v1".
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
