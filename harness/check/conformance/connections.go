package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// connectionPoints are about the life of a connection.
func connectionPoints() []point {
	const closes = "the right answer, and then the end of the connection"
	return []point{
		{name: "Connection: close is honoured", section: "RFC 9112 §9.6", expected: closes, ask: (*probe).closeHonoured},
		{name: "Connection: close is announced", section: "RFC 9112 §9.6", expected: "Connection: close in the answer", ask: (*probe).closeAnnounced},
		{name: "HTTP/1.0 closes", section: "RFC 9112 §9.3", expected: closes + ", without chunks", ask: (*probe).oldCloses},
		{name: "HTTP/1.0 with keep-alive", section: "RFC 9112 §9.3", expected: "the end of the connection, or Connection: keep-alive and a second answer", ask: (*probe).oldKeeps},
		{name: "an unread body is no request", section: "RFC 9112 §9.3", expected: "404, and then the end of the connection or the right answer to the next request", ask: (*probe).unreadBody},
		{name: "half a head blocks nobody else", section: "RFC 9112 §9.4", expected: "the right answer to another client within 1 s", alone: true, ask: (*probe).slowHeads},
	}
}

func (p *probe) closeHonoured() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.get("Connection: close\r\n"))
	return p.rightThenEnd(l)
}

func (p *probe) closeAnnounced() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.get("Connection: close\r\n"))
	a := l.read(http.MethodGet, p.patience)
	if wrong := right(p.samples.get, a); wrong != "" {
		return wrong
	}
	return unlessConnection(a, "close")
}

// unlessConnection returns "" where the answer's Connection field has the option.
func unlessConnection(a answer, option string) string {
	for _, value := range a.header.Values("Connection") {
		for got := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(got), option) {
				return ""
			}
		}
	}
	return fmt.Sprintf("an answer with Connection: %q", strings.Join(a.header.Values("Connection"), ", "))
}

// old returns the sample request in HTTP/1.0.
func (p *probe) old(fields ...string) string {
	return p.headOf("GET "+p.samples.get.Path+" HTTP/1.0", p.samples.get, append([]string{"Host: " + p.host + "\r\n"}, fields...)...)
}

func (p *probe) oldCloses() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.old())
	a := l.read(http.MethodGet, p.patience)
	switch wrong := right(p.samples.get, a); {
	case wrong != "":
		return wrong
	case a.chunked:
		return "a chunked answer, which HTTP/1.0 does not know"
	}
	if next := l.read(http.MethodGet, p.patience); next.missing != ended {
		return "the right answer, then " + next.String()
	}
	return ""
}

func (p *probe) oldKeeps() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	l.send(p.old("Connection: keep-alive\r\n"))
	a := l.read(http.MethodGet, p.patience)
	if wrong := right(p.samples.get, a); wrong != "" {
		return wrong
	}
	if unlessConnection(a, "keep-alive") != "" {
		if next := l.read(http.MethodGet, p.patience); next.missing != ended {
			return "no Connection: keep-alive, then " + next.String()
		}
		return ""
	}
	l.send(p.old("Connection: keep-alive\r\n"))
	if wrong := right(p.samples.get, l.read(http.MethodGet, p.patience)); wrong != "" {
		return "Connection: keep-alive, then " + wrong + " to the second request"
	}
	return ""
}

// unreadBody posts a body that looks like requests to a path that nobody serves.
func (p *probe) unreadBody() string {
	l, err := p.open()
	if err != nil {
		return err.Error()
	}
	hidden := strings.Repeat(p.get(), 100)
	l.send(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", noSuchPath, p.host, len(hidden), hidden))
	if a := l.read(http.MethodPost, p.patience); a.missing != "" || a.status < 400 {
		return a.String()
	}
	// An answer of itself would be one to the hidden requests.
	if early := l.read(http.MethodGet, p.quiet); early.missing != silent {
		if early.missing == ended {
			return ""
		}
		return "a refusal, then without another request " + early.String()
	}
	l.send(p.get())
	next := l.read(http.MethodGet, p.patience)
	if next.missing == ended {
		return ""
	}
	if wrong := right(p.samples.get, next); wrong != "" {
		return "the next request gets " + wrong
	}
	return ""
}

const (
	// slowClients is the number of clients that send half a head.
	slowClients = 16
	// unblocked bounds the answer to another client.
	unblocked = time.Second
)

func (p *probe) slowHeads() string {
	for range slowClients {
		l, err := p.open()
		if err != nil {
			return err.Error()
		}
		head := p.get()
		l.send(head[:len(head)/2])
	}
	return p.stillAnswers(unblocked)
}
