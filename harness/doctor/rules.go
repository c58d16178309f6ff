package doctor

import (
	"fmt"
	"strconv"

	"github.com/joust-bench/joust/harness/calibrate"
	"github.com/joust-bench/joust/results"
)

// The thresholds. Shares are 0 to 1.
const (
	// The default 64 connections need fewFiles; goodFiles allow 10 000.
	fewFiles, goodFiles = 128, 10_064
	// Fewer than fewPorts cannot carry a run; goodPorts is half of the kernel's
	// default.
	fewPorts, goodPorts = 128, 14_116
	// Shares of the ports that wait in TIME_WAIT.
	manyWaiting, mostWaiting = 0.25, 0.90
	// goodBacklog is the kernel's default since Linux 5.4.
	goodBacklog = 4096
	// someLoad is the use of other programs in processors, muchLoad as a share of
	// all processors.
	someLoad, muchLoad = 0.20, 0.50
	// someSteal flags a trial (METHOD.md §6).
	someSteal, muchSteal = 0.02, 0.20
	// leastMemory is the least that the larger rows need, in bytes.
	leastMemory = 512 << 20
	// loopbackMTU is the kernel's default, in bytes.
	loopbackMTU = 65536
)

func ok(format string, args ...any) results.Finding {
	return results.Finding{State: results.StateOK, Fact: fmt.Sprintf(format, args...)}
}

func warn(remedy, format string, args ...any) results.Finding {
	return results.Finding{State: results.StateWarn, Fact: fmt.Sprintf(format, args...), Remedy: remedy}
}

func fail(remedy, format string, args ...any) results.Finding {
	return results.Finding{State: results.StateFail, Fact: fmt.Sprintf(format, args...), Remedy: remedy}
}

func unknown(format string, args ...any) results.Finding {
	return results.Finding{State: results.StateUnknown, Fact: fmt.Sprintf(format, args...)}
}

// unread is the finding of a fact that could not be read.
func unread() results.Finding { return unknown("this system does not say") }

// word returns the finding for the value among the known ones, else the other;
// an empty value is unknown.
func word(value string, known map[string]results.Finding, other results.Finding) results.Finding {
	if value == "" {
		return unread()
	}
	if f, ok := known[value]; ok {
		return f
	}
	return other
}

// enough judges a number that should be at least good and must be at least few.
// The text shows the number, than the comparison.
func enough(n, few, good uint64, remedy, text, than string) results.Finding {
	switch {
	case n < few:
		return fail(remedy, "%s, %s %d", text, than, few)
	case n < good:
		return warn(remedy, "%s, %s %d", text, than, good)
	}
	return ok("%s", text)
}

// little judges a share that should be below some and must be below much. The
// text shows the share, of names its whole.
func little(share, some, much float64, remedy, text, of string) results.Finding {
	switch {
	case share >= much:
		return fail(remedy, "%s, %s or more%s", text, percent(much), of)
	case share >= some:
		return warn(remedy, "%s, %s or more%s", text, percent(some), of)
	}
	return ok("%s", text)
}

// rule judges one fact. Its findings lack the check and the reason.
type rule struct {
	check, why string
	judge      func(Facts) results.Finding
}

// rules returns every rule, in the order of the findings.
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
		out = append(out, finding(r.check, r.why, r.judge(f)))
	}
	return out
}

// finding names the check of a finding, and why it matters.
func finding(check, why string, f results.Finding) results.Finding {
	f.Check, f.Why = check, why
	return f
}

func split(f Facts) results.Finding {
	switch c := f.CPUs; {
	case len(c.Server) == 0:
		return unread()
	case c.Shared && !c.Pinned && c.Note != "":
		return warn("", "%s", c.Note)
	case c.Shared:
		return fail("", "one core only: server and loader share it, and no closed loop can be judged; use a machine of two or more cores")
	default:
		return ok("%d for the server, %d for the loader", len(c.Server), len(c.Loader))
	}
}

func wakeups(f Facts) results.Finding {
	w := f.Wakeups
	switch {
	case w == nil || len(f.CPUs.Loader) == 0:
		return unknown("not measured here: joust calibrate measures it")
	case w.Failed != "":
		return unknown("%s", w.Text())
	case !f.CPUs.Separate() && w.Costs():
		return warn("run joust on two cores or more, such as docker run --cpuset-cpus=0-1, and without --pin none", "%s", Wakeups(w, f.CPUs))
	}
	return ok("%s", Wakeups(w, f.CPUs))
}

// Wakeups says what a loader that sleeps costs a server, and whether joust's own
// loader sleeps on its side of the split.
func Wakeups(w *calibrate.Wakeups, split results.CPUSplit) string {
	switch {
	case w.Failed != "":
		return w.Text()
	case split.Separate():
		return w.Text() + "; joust's loader polls on CPUs of its own"
	}
	return w.Text() + "; joust's loader sleeps too, since it shares its CPUs"
}

func quota(f Facts) results.Finding {
	q, cpus := f.QuotaCPUs, f.Host.CPUs
	const remedy = "run joust where no quota holds: docker run without --cpus (use --cpuset-cpus), or: systemctl set-property UNIT CPUQuota="
	switch {
	case f.Host.Cgroup == "":
		return unread()
	case q == nil:
		return ok("none")
	case *q < 2:
		return fail(remedy, "%.2g CPUs for server and loader together, less than one each", *q)
	case *q < float64(cpus):
		return warn(remedy, "%.3g of %d CPUs", *q, cpus)
	}
	return ok("%.3g CPUs, and there are %d", *q, cpus)
}

func memoryLimit(f Facts) results.Finding {
	limit := f.State.MemoryLimitBytes
	switch {
	case f.Host.Cgroup == "":
		return unread()
	case limit == nil:
		return ok("none")
	case *limit < leastMemory:
		return warn("run joust with more memory: docker run --memory, or: systemctl set-property UNIT MemoryMax=", "%d MiB, less than %d MiB", *limit>>20, leastMemory>>20)
	}
	return ok("%d MiB", *limit>>20)
}

func load(f Facts) results.Finding {
	const remedy = "top -b -n 1 -o %CPU | head -20"
	if f.Busy == nil {
		return unread()
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

func steal(f Facts) results.Finding {
	if f.Steal == nil {
		return unread()
	}
	return little(*f.Steal, someSteal, muchSteal,
		"use a dedicated host or an instance with dedicated CPUs: no command on this machine changes it", percent(*f.Steal), "")
}

func governor(f Facts) results.Finding {
	return word(f.Host.Governor, map[string]results.Finding{"performance": ok("performance")},
		warn("sudo cpupower frequency-set -g performance", "%s", f.Host.Governor))
}

func turbo(f Facts) results.Finding {
	const remedy = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo || echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost"
	return word(f.Host.Turbo, map[string]results.Finding{"off": ok("off")}, warn(remedy, "%s", f.Host.Turbo))
}

func battery(f Facts) results.Finding {
	state := f.Host.Battery
	if state == "" && f.Host.OS == "linux" {
		state = "none"
	}
	return word(state, map[string]results.Finding{"discharging": warn("plug the machine in", "discharging")}, ok("%s", state))
}

func powerProfile(f Facts) results.Finding {
	const remedy = "powerprofilesctl set performance || echo performance | sudo tee /sys/firmware/acpi/platform_profile"
	profile := f.State.PowerProfile
	capped := fail(remedy, "%s: it caps the clock", profile)
	return word(profile, map[string]results.Finding{
		"performance": ok("performance"), "low-power": capped, "quiet": capped, "cool": capped,
	}, warn(remedy, "%s", profile))
}

func smt(f Facts) results.Finding {
	return word(f.State.SMT, map[string]results.Finding{
		"on": ok("on; each side has whole cores, unless --pin says otherwise"), "off": ok("off"),
	}, unread())
}

func clockSource(f Facts) results.Finding {
	const remedy = "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource"
	name := f.State.ClockSource
	fast, slow := ok("%s, read without a system call", name), fail(remedy, "%s, slow to read", name)
	return word(name, map[string]results.Finding{
		"tsc": fast, "kvm-clock": fast, "hyperv_clocksource_tsc_page": fast, "arch_sys_counter": fast, "riscv_clocksource": fast,
		"hpet": slow, "acpi_pm": slow, "jiffies": slow, "refined-jiffies": slow,
	}, warn(remedy, "%s, which may need a system call", name))
}

func cgroup(f Facts) results.Finding {
	return word(f.Host.Cgroup, map[string]results.Finding{
		"v1": warn("boot with systemd.unified_cgroup_hierarchy=1", "v1 alone: CPU time is summed over processes, and what ended in a window is known in ticks of 10 ms"),
	}, ok("%s", f.Host.Cgroup))
}

func files(f Facts) results.Finding {
	soft, hard := f.Host.Limits["nofile soft"], f.Host.Limits["nofile hard"]
	limit, err := strconv.ParseUint(hard, 10, 64)
	if err != nil {
		return unread()
	}
	judged := enough(limit, fewFiles, goodFiles, "sudo prlimit --pid $$ --nofile=1048576:1048576", soft+", up to "+hard, "which is less than")
	if judged.State == results.StateOK {
		judged.Fact += " (joust raises it to that by itself)"
	}
	return judged
}

// portCount returns the number of ports for outgoing connections, 0 where it is
// not known.
func portCount(f Facts) int {
	var low, high int
	if _, err := fmt.Sscan(f.Host.Sysctls["net.ipv4.ip_local_port_range"], &low, &high); err != nil {
		return 0
	}
	return max(high-low+1, 0)
}

func ports(f Facts) results.Finding {
	n := portCount(f)
	if n == 0 {
		return unread()
	}
	return enough(uint64(n), fewPorts, goodPorts, `sudo sysctl -w net.ipv4.ip_local_port_range="16384 65535"`, strconv.Itoa(n), "fewer than")
}

func timeWait(f Facts) results.Finding {
	n, all := f.State.TimeWait, portCount(f)
	if n == nil || all == 0 {
		return unread()
	}
	return little(float64(*n)/float64(all), manyWaiting, mostWaiting, "sleep 60", fmt.Sprintf("%d sockets", *n), fmt.Sprintf(" of the %d ports", all))
}

func reuse(f Facts) results.Finding {
	return word(f.Host.Sysctls["net.ipv4.tcp_tw_reuse"], map[string]results.Finding{
		"0": warn("sudo sysctl -w net.ipv4.tcp_tw_reuse=2", "off"), "2": ok("on for the loopback"),
	}, ok("on"))
}

func backlog(f Facts) results.Finding {
	text := f.Host.Sysctls["net.core.somaxconn"]
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return unread()
	}
	return enough(n, 0, goodBacklog, "sudo sysctl -w net.core.somaxconn=4096", text, "less than")
}

func mtu(f Facts) results.Finding {
	n := f.Host.LoopbackMTU
	switch text := fmt.Sprintf("%d bytes", n); {
	case n == 0:
		return unread()
	case f.Host.OS != "linux":
		return ok("%s", text)
	default:
		return enough(uint64(n), 0, loopbackMTU, "sudo ip link set dev lo mtu 65536", text, "less than")
	}
}

func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 0, 64) + " %" }
