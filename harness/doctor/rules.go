package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// The thresholds. Shares are 0 to 1.
const (
	// fewFiles is below what the default 64 connections need; goodFiles
	// allows 10 000 connections.
	fewFiles, goodFiles = 128, 10_064
	// fewPorts cannot carry a run; goodPorts is half of the kernel's default.
	fewPorts, goodPorts = 128, 14_116
	// Shares of the ports that wait in TIME_WAIT.
	manyWaiting, mostWaiting = 0.25, 0.90
	// goodBacklog is the kernel's default since Linux 5.4.
	goodBacklog = 4096
	// What other programs use: processors, and a share of all of them.
	someLoad, muchLoad = 0.20, 0.50
	// someSteal flags a trial (METHOD.md §6).
	someSteal, muchSteal = 0.02, 0.20
	// leastMemory is too little for the larger rows, in bytes.
	leastMemory = 512 << 20
	// loopbackMTU is the kernel's default, in bytes.
	loopbackMTU = 65536
)

// found is a finding in the making.
type found struct {
	state results.State
	text  string
	// remedy is the command, left out where all is well.
	remedy string
}

func (f found) finding(check, why string) results.Finding {
	return results.Finding{Check: check, State: f.state, Fact: f.text, Why: why, Remedy: f.remedy}
}

func ok(format string, args ...any) found {
	return found{state: results.StateOK, text: fmt.Sprintf(format, args...)}
}

func warn(remedy, format string, args ...any) found {
	return found{results.StateWarn, fmt.Sprintf(format, args...), remedy}
}

func fail(remedy, format string, args ...any) found {
	return found{results.StateFail, fmt.Sprintf(format, args...), remedy}
}

// unknown is what this system does not tell.
func unknown() found { return found{state: results.StateUnknown, text: "not told by this system"} }

// rule judges one fact.
type rule struct {
	check, why string
	judge      func(Facts) found
}

// rules is every fact that is judged, in the order in which it is told.
func rules() []rule {
	return []rule{
		{"CPU split", "server and loader on the same core measure each other", split},
		{"loader wake-ups", "a server pays for waking a loader that sleeps: with CPU time for each request, and so with its peak", wakeups},
		{"CPU quota", "a quota stops the processes for tens of milliseconds whenever it is used up", quota},
		{"memory limit", "large bodies need memory on both sides; beyond the limit processes are killed", memoryLimit},
		{"load now", "other programs take CPU time from server and loader", load},
		{"steal now", "the hypervisor takes CPU time that no affinity can keep", steal},
		{"governor", "clocks that follow the load are slow at the start of every window", governor},
		{"turbo", "the clock depends on heat and on how many cores work, so trials drift", turbo},
		{"battery", "machines on battery slow down", battery},
		{"power profile", "a saving profile caps the clock", powerProfile},
		{"SMT", "two threads of one core share its units and slow each other", smt},
		{"clock source", "a clock that needs a system call or a device costs microseconds a reading", clockSource},
		{"cgroup", "with version 2 CPU time is exact for whole trees, ended processes included", cgroup},
		{"open files", "every connection is an open file of the loader and of the server", files},
		{"ports", "every connection to one address takes a port of the loader's side", ports},
		{"TIME_WAIT", "closed connections keep their port for a minute; rows that reconnect run out of ports", timeWait},
		{"TIME_WAIT reuse", "without it a row that reconnects has its ports again only after a minute", reuse},
		{"somaxconn", "a server cannot have a longer queue of new connections; what overflows waits a second or more", backlog},
		{"loopback MTU", "smaller packets make large bodies dearer", mtu},
	}
}

// Findings judges every fact.
func Findings(f Facts) []results.Finding {
	var out []results.Finding
	for _, r := range rules() {
		out = append(out, r.judge(f).finding(r.check, r.why))
	}
	return out
}

func split(f Facts) found {
	switch c := f.CPUs; {
	case len(c.Server) == 0:
		return unknown()
	case c.Shared && !c.Pinned && c.Note != "":
		return warn("", "%s", c.Note)
	case c.Shared:
		return fail("", "one core only: server and loader share it, and no closed loop can be judged; use a machine of two or more cores")
	default:
		return ok("%d for the server, %d for the loader", len(c.Server), len(c.Loader))
	}
}

func wakeups(f Facts) found {
	w := f.Wakeups
	switch {
	case w == nil || len(f.CPUs.Loader) == 0:
		return found{state: results.StateUnknown, text: "not measured here: joust calibrate measures it"}
	case w.Failed != "":
		return found{state: results.StateUnknown, text: w.Text()}
	case f.CPUs.Separate():
		return ok("%s; joust's loader polls on CPUs of its own", w.Text())
	case w.Costs():
		return warn("run joust on two cores or more, such as docker run --cpuset-cpus=0-1, and without --pin none",
			"%s; joust's loader sleeps too, since it shares its CPUs", w.Text())
	}
	return ok("%s", w.Text())
}

func quota(f Facts) found {
	q, cpus := f.QuotaCPUs, f.Host.CPUs
	const remedy = "run joust where no quota holds: docker run without --cpus (use --cpuset-cpus), or: systemctl set-property UNIT CPUQuota="
	switch {
	case f.Host.Cgroup == "":
		return unknown()
	case q == nil:
		return ok("none")
	case *q < 2:
		return fail(remedy, "%.2g CPUs for server and loader together, less than one each", *q)
	case *q < float64(cpus):
		return warn(remedy, "%.3g of %d CPUs", *q, cpus)
	}
	return ok("%.3g CPUs, and there are %d", *q, cpus)
}

func memoryLimit(f Facts) found {
	limit := f.State.MemoryLimitBytes
	switch {
	case f.Host.Cgroup == "":
		return unknown()
	case limit == nil:
		return ok("none")
	case *limit < leastMemory:
		return warn("run joust with more memory: docker run --memory, or: systemctl set-property UNIT MemoryMax=", "%d MiB, less than %d MiB", *limit>>20, leastMemory>>20)
	}
	return ok("%d MiB", *limit>>20)
}

func load(f Facts) found {
	const remedy = "top -b -n 1 -o %CPU | head -20"
	if f.Busy == nil {
		return unknown()
	}
	cpus := float64(f.Host.CPUs)
	busy := *f.Busy * cpus
	text := fmt.Sprintf("%.1f of %.0f CPUs are busy", busy, cpus)
	switch {
	case *f.Busy >= muchLoad:
		return fail(remedy, "%s, half of them or more", text)
	case busy >= someLoad:
		return warn(remedy, "%s, %.1f or more", text, someLoad)
	}
	return ok("%s", text)
}

func steal(f Facts) found {
	const remedy = "use a dedicated host or an instance with dedicated CPUs: no command on this machine changes it"
	switch {
	case f.Steal == nil:
		return unknown()
	case *f.Steal >= muchSteal:
		return fail(remedy, "%s, %s or more", percent(*f.Steal), percent(muchSteal))
	case *f.Steal >= someSteal:
		return warn(remedy, "%s, %s or more", percent(*f.Steal), percent(someSteal))
	}
	return ok("%s", percent(*f.Steal))
}

func governor(f Facts) found {
	switch f.Host.Governor {
	case "":
		return unknown()
	case "performance":
		return ok("performance")
	}
	return warn("sudo cpupower frequency-set -g performance", "%s", f.Host.Governor)
}

func turbo(f Facts) found {
	switch f.Host.Turbo {
	case "":
		return unknown()
	case "off":
		return ok("off")
	}
	return warn("echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo || echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost", "%s", f.Host.Turbo)
}

func battery(f Facts) found {
	switch {
	case f.Host.Battery == "" && f.Host.OS != "linux":
		return unknown()
	case f.Host.Battery == "":
		return ok("none")
	case f.Host.Battery == "discharging":
		return warn("plug the machine in", "discharging")
	}
	return ok("%s", f.Host.Battery)
}

func powerProfile(f Facts) found {
	const remedy = "powerprofilesctl set performance || echo performance | sudo tee /sys/firmware/acpi/platform_profile"
	switch profile := f.State.PowerProfile; profile {
	case "":
		return unknown()
	case "performance":
		return ok("performance")
	case "low-power", "quiet", "cool":
		return fail(remedy, "%s: it caps the clock", profile)
	default:
		return warn(remedy, "%s", profile)
	}
}

func smt(f Facts) found {
	switch f.State.SMT {
	case "on":
		return ok("on; each side has whole cores, unless --pin says otherwise")
	case "off":
		return ok("off")
	}
	return unknown()
}

func clockSource(f Facts) found {
	const remedy = "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource"
	switch name := f.State.ClockSource; name {
	case "":
		return unknown()
	case "tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter", "riscv_clocksource":
		return ok("%s, read without a system call", name)
	case "hpet", "acpi_pm", "jiffies", "refined-jiffies":
		return fail(remedy, "%s, slow to read", name)
	default:
		return warn(remedy, "%s, which may need a system call", name)
	}
}

func cgroup(f Facts) found {
	switch f.Host.Cgroup {
	case "":
		return unknown()
	case "v1":
		return warn("boot with systemd.unified_cgroup_hierarchy=1", "v1 alone: CPU time is summed over processes, and what ended in a window is known in ticks of 10 ms")
	}
	return ok("%s", f.Host.Cgroup)
}

func files(f Facts) found {
	const remedy = "sudo prlimit --pid $$ --nofile=1048576:1048576"
	soft, hard := f.Host.Limits["nofile soft"], f.Host.Limits["nofile hard"]
	most, err := strconv.ParseUint(hard, 10, 64)
	text := fmt.Sprintf("%s, up to %s", soft, hard)
	switch {
	case err != nil:
		return unknown()
	case most < fewFiles:
		return fail(remedy, "%s, which is less than %d", text, fewFiles)
	case most < goodFiles:
		return warn(remedy, "%s, which is less than %d", text, goodFiles)
	}
	return ok("%s (joust raises it to that by itself)", text)
}

// portCount is the number of ports for outgoing connections, 0 where that is
// not known.
func portCount(f Facts) int {
	first, last, _ := strings.Cut(f.Host.Sysctls["net.ipv4.ip_local_port_range"], " ")
	low, lowErr := strconv.Atoi(first)
	high, highErr := strconv.Atoi(last)
	if lowErr != nil || highErr != nil || high < low {
		return 0
	}
	return high - low + 1
}

func ports(f Facts) found {
	const remedy = `sudo sysctl -w net.ipv4.ip_local_port_range="16384 65535"`
	switch n := portCount(f); {
	case n == 0:
		return unknown()
	case n < fewPorts:
		return fail(remedy, "%d, fewer than %d", n, fewPorts)
	case n < goodPorts:
		return warn(remedy, "%d, fewer than %d", n, goodPorts)
	default:
		return ok("%d", n)
	}
}

func timeWait(f Facts) found {
	const remedy = "sleep 60"
	n, all := f.State.TimeWait, portCount(f)
	if n == nil || all == 0 {
		return unknown()
	}
	switch share := float64(*n) / float64(all); {
	case share >= mostWaiting:
		return fail(remedy, "%d sockets, %s or more of the %d ports", *n, percent(mostWaiting), all)
	case share >= manyWaiting:
		return warn(remedy, "%d sockets, %s or more of the %d ports", *n, percent(manyWaiting), all)
	}
	return ok("%d sockets", *n)
}

func reuse(f Facts) found {
	switch f.Host.Sysctls["net.ipv4.tcp_tw_reuse"] {
	case "":
		return unknown()
	case "0":
		return warn("sudo sysctl -w net.ipv4.tcp_tw_reuse=2", "off")
	case "2":
		return ok("on for the loopback")
	}
	return ok("on")
}

func backlog(f Facts) found {
	n, err := strconv.Atoi(f.Host.Sysctls["net.core.somaxconn"])
	switch {
	case err != nil:
		return unknown()
	case n < goodBacklog:
		return warn("sudo sysctl -w net.core.somaxconn=4096", "%d, less than %d", n, goodBacklog)
	}
	return ok("%d", n)
}

func mtu(f Facts) found {
	switch n := f.Host.LoopbackMTU; {
	case n == 0:
		return unknown()
	case f.Host.OS == "linux" && n < loopbackMTU:
		return warn("sudo ip link set dev lo mtu 65536", "%d bytes, less than %d", n, loopbackMTU)
	default:
		return ok("%d bytes", n)
	}
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 0, 64) + " %" }
