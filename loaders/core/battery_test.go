package core_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/core"
	"github.com/joust-bench/joust/loaders/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestBattery(t *testing.T) {
	overBackends(t, func(t *testing.T, e core.Engine) { enginetest.Run(t, e) })
}
