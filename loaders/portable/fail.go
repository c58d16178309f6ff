package portable

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/joust-bench/joust/loaders/clock"
	"github.com/joust-bench/joust/loaders/wire"
	"github.com/joust-bench/joust/results"
)

// fail counts a failed request.
func (s *shard) fail(u *user, f *flight, now int64, cause results.Cause, detail string) {
	status := 0
	if cause == results.CauseStatus {
		status = u.parser.Status
	}
	s.failed++
	s.out.Failed(&f.Exchange, now, cause, status, detail)
}

// failFlights fails every request in flight on the user.
func (s *shard) failFlights(u *user, now int64, cause results.Cause, detail string) {
	for ; len(u.flights) > 0; s.pop(u) {
		s.fail(u, &u.flights[0], now, cause, detail)
	}
}

// surplus acts on bytes that answer no request. The connection is replaced,
// since what else would come on it could not be told from an answer.
func (s *shard) surplus(u *user, data []byte, now int64) {
	s.out.Surplus(fmt.Sprintf("bytes that answer no request: %.60q", data))
	s.replace(u, now)
}

// peerClosed acts on the end of the server's stream.
func (s *shard) peerClosed(u *user, now int64) {
	if len(u.flights) == 0 {
		s.out.UnannouncedCloses++
		s.replace(u, now)
		return
	}
	f := &u.flights[0]
	ev, err := u.parser.EOF()
	switch {
	case err == nil && ev == wire.End:
		u.fresh = true
		if f.cause == "" && !u.check.Done(&s.answers[f.Request]) {
			f.cause = results.CauseLength
		}
		s.complete(u, f, now)
		s.announcedClose(u, now)
	case errors.Is(err, wire.ErrIdle):
		s.brokenWith(u, results.CauseClosed, "the server closed the connection without an answer")
	case u.inBody:
		s.brokenWith(u, results.CauseLength, err.Error())
	default:
		s.brokenWith(u, results.CauseClosed, err.Error())
	}
}

// announcedClose replaces a connection whose last answer said that it would be
// closed. Requests behind that answer are lost.
func (s *shard) announcedClose(u *user, now int64) {
	s.out.AnnouncedCloses++
	s.failFlights(u, now, results.CauseClosed, "the server announced a close before it had answered all requests of the pipeline")
	s.recycle(u)
}

// broken ends a connection on which something went wrong.
func (s *shard) broken(u *user, cause results.Cause, err error) {
	s.brokenWith(u, cause, fmt.Sprintf("connection lost: %s: %v", cause, err))
}

func (s *shard) brokenWith(u *user, cause results.Cause, detail string) {
	now := clock.Now()
	if len(u.flights) == 0 {
		s.out.UnannouncedCloses++
	}
	s.failFlights(u, now, cause, detail)
	s.replace(u, now)
}

// restart replaces a connection after a failure; requests still in flight on
// it are counted as lost with it.
func (s *shard) restart(u *user) {
	if len(u.flights) > 0 {
		s.pop(u) // the one that failed is counted already
		s.failFlights(u, clock.Now(), results.CauseClosed, "lost with its connection")
	}
	s.replace(u, clock.Now())
}

// bodyCause tells a body that is too long from one that is wrong.
func bodyCause(check *wire.Check, a *wire.Answer) results.Cause {
	if check.Seen() > int64(len(a.Body)) {
		return results.CauseLength
	}
	return results.CauseBody
}

// connectCause names why a connection could not be made.
func connectCause(err error) results.Cause {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return results.CauseConnectRefused
	case errors.Is(err, syscall.ECONNRESET):
		return results.CauseConnectReset
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return results.CauseLocalPorts
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return results.CauseLocalFiles
	case errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return results.CauseLocal
	case errors.As(err, &timeout) && timeout.Timeout():
		return results.CauseConnectTimeout
	}
	return results.CauseConnect
}

// readCause and writeCause name why a connection broke.
func readCause(err error) results.Cause {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return results.CauseReset
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return results.CauseTimeout
	}
	return results.CauseRead
}

func writeCause(err error) results.Cause {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return results.CauseReset
	}
	return results.CauseWrite
}
