//go:build conformance

package mlflow_test

import (
	"path/filepath"
	"testing"
)

// TestOldClient does the same for the last client of MLflow 2, and calls every operation of its stores.
func TestOldClient(t *testing.T) {
	python := filepath.Join(root(t), "build", "cache", "old", "bin", "python")
	t.Run("addresses", func(t *testing.T) {
		served, refused := addresses(t, python)
		if served < 100 || refused["an AI gateway"] == 0 {
			t.Errorf("only %d addresses are answered, and refused are %v: the list is not whole", served, refused)
		}
	})
	t.Run("stores", func(t *testing.T) { flowPasses(t, python, "stores_old") })
}
