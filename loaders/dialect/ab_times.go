package dialect

import (
	"bytes"
	"fmt"
	"math"
)

// abTimes are ab's connection times. Those that the report lacks are empty.
type abTimes struct{ connect, processing, waiting, total latency }

// abRowOfTimes is a row of ab's table, in nanoseconds.
type abRowOfTimes struct {
	name, what                    string
	min, mean, stdev, median, max float64
}

// abTimes returns the times. A request on a connection that was there has no time to
// connect, so that the times to connect are those of the new connections and zeros.
func (p *printer) abTimes() abTimes {
	t := abTimes{processing: p.service, total: p.steps.total, waiting: p.steps.wait}
	if t.total.n == 0 {
		t.total = p.service
	}
	t.connect = p.steps.connect.withZeros(t.total.n)
	return t
}

// rows returns the rows that have values.
func (t abTimes) rows() []abRowOfTimes {
	var rows []abRowOfTimes
	for _, r := range []struct {
		name, what string
		of         latency
	}{
		{"Connect:", "the initial connection time", t.connect}, {"Processing:", "the processing time", t.processing},
		{"Waiting:", "the waiting time", t.waiting}, {"Total:", "the total time", t.total},
	} {
		if r.of.n > 0 {
			rows = append(rows, abRowOfTimes{r.name, r.what, r.of.low, r.of.mean, r.of.stdev(), r.of.at(r.of.n / 2), r.of.high})
		}
	}
	return rows
}

// connectionTimes prints ab's table of times.
func (p *printer) connectionTimes() {
	p.printf("\nConnection Times (ms)\n")
	rows := p.abTimes().rows()
	if p.line.has("-S") {
		p.printf("              min   avg   max\n")
		for _, r := range rows {
			p.printf("%-12s%5.0f %5.0f%5.0f\n", r.name, milliseconds(r.min), milliseconds(r.mean), milliseconds(r.max))
		}
		return
	}
	p.printf("              min  mean[+/-sd] median   max\n")
	for _, r := range rows {
		p.printf("%-12s%5.0f %4.0f %5.1f %6.0f %7.0f\n", r.name, milliseconds(r.min), milliseconds(r.mean), r.stdev/1e6, milliseconds(r.median), milliseconds(r.max))
	}
	for _, r := range rows {
		switch apart := math.Abs(milliseconds(r.mean) - milliseconds(r.median)); {
		case apart > 2*r.stdev/1e6:
			p.printf("ERROR: The median and mean for %s are more than twice the standard\n       deviation apart. These results are NOT reliable.\n", r.what)
		case apart > r.stdev/1e6:
			p.printf("WARNING: The median and mean for %s are not within a normal deviation\n        These results are probably not that reliable.\n", r.what)
		}
	}
}

// abFiles returns the files of -e and -g.
func abFiles(p *printer) []File {
	total := p.abTimes().total
	if total.n == 0 {
		return nil
	}
	var list []File
	if p.line.has("-e") {
		list = append(list, File{"-e", p.line.value("-e"), abPercentages(total)})
	}
	if p.line.has("-g") {
		list = append(list, File{"-g", p.line.value("-g"), abGnuplot(total)})
		p.note("-g: joust keeps a histogram and not each request, so the file has the total times alone, in rising order, and a ? for each other figure")
	}
	return list
}

// abPercentages returns the file of -e.
func abPercentages(total latency) []byte {
	var b bytes.Buffer
	b.WriteString("Percentage served,Time in ms\n")
	n := total.n
	for i := range uint64(101) {
		rank := uint64(0.5 + float64(n)*float64(i)/100)
		switch i {
		case 0:
			rank = 0
		case 100:
			rank = n - 1
		}
		fmt.Fprintf(&b, "%d,%.3f\n", i, total.at(rank)/1e6)
	}
	return b.Bytes()
}

// abGnuplot returns the file of -g: a line for each request, in rising order of its total
// time. The report does not have the other figures of a single request: they are ?, which
// gnuplot takes for missing.
func abGnuplot(total latency) []byte {
	var b bytes.Buffer
	b.WriteString("starttime\tseconds\tctime\tdtime\tttime\twait\n")
	for _, s := range total.samples {
		line := fmt.Sprintf("? ? ? ? ?\t?\t?\t?\t%.0f\t?\n", milliseconds(float64(s.NS)))
		for range s.Count {
			b.WriteString(line)
		}
	}
	return b.Bytes()
}
