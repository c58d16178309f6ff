package conformance

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// dateAge bounds the difference between a Date and the time of its answer.
	dateAge = 2 * time.Second
	// dateApart is the time between two answers whose Dates must differ. A server
	// that renews its Date once a second has a new one then.
	dateApart = 1200 * time.Millisecond
)

func datePoints() []point {
	return []point{{
		name: "Date is fresh", section: "RFC 9110 §6.6.1",
		expected: fmt.Sprintf("an IMF-fixdate within %v of now, and a later one %v later", dateAge, dateApart), ask: (*probe).freshDate,
	}}
}

// freshDate compares the Dates of two answers with the clock and with each other.
func (p *probe) freshDate() string {
	first, wrong := p.date()
	if wrong != "" {
		return wrong
	}
	select {
	case <-time.After(dateApart):
	case <-p.ctx.Done():
		return ""
	}
	second, wrong := p.date()
	switch {
	case wrong != "":
		return wrong
	case !second.After(first):
		return fmt.Sprintf("the same Date, %s, after %v", second.Format(http.TimeFormat), dateApart)
	}
	return ""
}

// date asks for one answer and returns its Date.
func (p *probe) date() (date time.Time, wrong string) {
	l, err := p.open()
	if err != nil {
		return date, err.Error()
	}
	before := time.Now()
	l.send(p.get())
	a := l.read(http.MethodGet, p.patience)
	after := time.Now()
	if wrong := right(p.samples.get, a); wrong != "" {
		return date, wrong
	}
	values := a.header.Values("Date")
	if len(values) != 1 {
		return date, fmt.Sprintf("%d Date fields", len(values))
	}
	date, err = time.Parse(http.TimeFormat, values[0])
	switch {
	case err != nil || date.Format(http.TimeFormat) != values[0]:
		return date, fmt.Sprintf("Date: %s, which is no IMF-fixdate", values[0])
	case date.Before(before.Add(-dateAge)) || date.After(after.Add(dateAge)):
		return date, fmt.Sprintf("Date: %s at %s", values[0], after.UTC().Format(http.TimeFormat))
	}
	return date, ""
}
