package echo_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/backend/epoll"
)

func TestEchoOverEpoll(t *testing.T) { echoes(t, epoll.System()) }
