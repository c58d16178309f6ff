package portable_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/enginetest"
	"github.com/joust-bench/joust/loaders/portable"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestBattery(t *testing.T) { enginetest.Run(t, portable.Engine{}) }
