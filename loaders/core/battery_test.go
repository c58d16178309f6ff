//go:build linux

package core_test

import (
	"testing"

	"github.com/joust-bench/joust/loaders/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestBattery(t *testing.T) { enginetest.Run(t, engine) }
