package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// member is a member of a JSON object whose members have an order.
type member struct {
	key   string
	value any
}

// object is a JSON object in the order of its members.
type object []member

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for i, m := range o {
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("writing %q as JSON: %w", m.key, err)
		}
		fmt.Fprintf(&b, "%s%q:%s", map[bool]string{true: ",", false: "{"}[i > 0], m.key, value)
	}
	if len(o) == 0 {
		return []byte("{}"), nil
	}
	return append(b.Bytes(), '}'), nil
}

// rounded rounds to that many decimals.
func rounded(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

// inSeconds returns nanoseconds as pywrkr's JSON has them.
func inSeconds(ns float64) float64 { return rounded(ns/1e9, 6) }

// counts returns an object with a member for each name, in order.
func counts(of map[string]uint64) object {
	all := object{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, member{name, of[name]})
	}
	return all
}

// durationJSON returns the members about the load itself.
func (p *printer) durationJSON(connections float64) object {
	return object{{"duration_sec", rounded(p.seconds(), 3)}, {"connections", connections}}
}

// endedJSON returns the members about the requests that ended.
func (p *printer) endedJSON() object {
	return object{
		{"total_requests", p.ended()}, {"total_errors", p.errors()},
		{"requests_per_sec", rounded(p.perSecond(float64(p.ended())), 2)},
	}
}

// causesJSON returns the members about statuses and errors.
func (p *printer) causesJSON() object {
	return object{
		{"content_length_errors", p.failures(abLength)},
		{"status_codes", counts(p.phase.Total.Status)}, {"error_types", counts(p.errorTypes())},
	}
}

// pywrkrJSON returns the results in the keys of pywrkr's JSON.
func (p *printer) pywrkrJSON() object {
	l := p.line
	connections := l.number("-c")
	if l.has("-u") {
		connections = l.number("-u")
	}
	o := append(p.durationJSON(connections), p.endedJSON()...)
	o = append(o, member{"transfer_per_sec_bytes", rounded(p.perSecond(float64(p.phase.ReceivedBodyBytes)), 2)}, member{"total_bytes", p.phase.ReceivedBodyBytes})
	o = append(o, p.causesJSON()...)
	if tags := l.tags(); len(tags) > 0 {
		o = append(o, member{"tags", tags})
	}
	if l.has("--rate") {
		o = append(o, member{"target_rps", l.number("--rate")})
		if l.has("--rate-ramp") {
			o = append(o, member{"ramp_target_rps", l.number("--rate-ramp")})
		}
		if l.has("--traffic-profile") {
			o = append(o, member{"traffic_profile", l.value("--traffic-profile")})
		}
		if n, ok := p.rateWaits(); ok {
			o = append(o, member{"rate_limit_waits", n})
		}
	}
	return append(o, p.latencyJSON()...)
}

// tags returns the tags of the line in their order.
func (l *Line) tags() object {
	var all object
	for _, text := range l.values("--tag") {
		key, value, _ := strings.Cut(text, "=")
		all = append(all, member{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return all
}

// latencyJSON returns the members about latency; none where nothing was answered.
func (p *printer) latencyJSON() object {
	l := p.service
	if l.n == 0 {
		return nil
	}
	percentiles := object{}
	for _, percent := range pyPercentiles {
		percentiles = append(percentiles, member{"p" + strconv.FormatFloat(percent, 'f', -1, 64), inSeconds(l.percentile(percent))})
	}
	o := object{
		{"latency", object{
			{"min", inSeconds(l.low)}, {"max", inSeconds(l.high)}, {"mean", inSeconds(l.mean)},
			{"median", inSeconds(l.median())}, {"stdev", inSeconds(l.stdev())},
		}},
		{"percentiles", percentiles},
	}
	if list := p.pySteps(); len(list) > 0 {
		steps := object{{"new_connections", p.steps.fresh}, {"reused_connections", p.steps.reused}}
		for _, s := range list {
			steps = append(steps, member{s.key, object{
				{"avg", inSeconds(s.mean)}, {"min", inSeconds(s.low)}, {"max", inSeconds(s.high)},
				{"p50", inSeconds(s.percentile(50))}, {"p95", inSeconds(s.percentile(95))}, {"count", s.n},
			}})
		}
		o = append(o, member{"latency_breakdown", steps})
	}
	return o
}

// pywrkrHTML returns the table of -w.
func (p *printer) pywrkrHTML() string {
	var rows []string
	for _, m := range p.pywrkrJSON() {
		inner, nested := m.value.(object)
		if !nested {
			inner = object{{"", m.value}}
		}
		for _, x := range inner {
			name := strings.Trim(m.key+"."+x.key, ".")
			rows = append(rows, fmt.Sprintf("<tr><td>%s</td><td>%s</td></tr>", htmlText(name), htmlText(fmt.Sprint(x.value))))
		}
	}
	return "<html><head><title>pywrkr benchmark results</title></head><body>\n<h1>pywrkr Benchmark Results</h1>\n" +
		"<table border='1' cellpadding='4'>\n<tr><th>Metric</th><th>Value</th></tr>\n" + strings.Join(rows, "\n") + "\n</table></body></html>"
}

// pywrkrFiles returns the files of -e and --json.
func pywrkrFiles(p *printer) []File {
	var list []File
	if p.line.has("-e") && p.service.n > 0 {
		var b bytes.Buffer
		b.WriteString("Percentage,Time (ms)\r\n")
		for percent := 1; percent <= 100; percent++ {
			fmt.Fprintf(&b, "%d,%s\r\n", percent, pyFloat(rounded(p.service.percentile(float64(percent))/1e6, 3)))
		}
		list = append(list, File{"--csv", p.line.value("-e"), b.Bytes()})
	}
	if p.line.has("--json") {
		// Numbers and texts are always JSON.
		all := p.pywrkrJSON()
		if len(p.endpoints) > 0 {
			all = p.pywrkrURLsJSON()
		}
		if text, err := json.MarshalIndent(all, "", "  "); err == nil {
			list = append(list, File{"--json", p.line.value("--json"), text})
		}
	}
	return list
}
