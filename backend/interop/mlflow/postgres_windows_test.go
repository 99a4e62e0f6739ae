package mlflow_test

import "testing"

func inPostgres(t *testing.T, _ *client, _ string, _ map[string]any) {
	t.Skip("a private PostgreSQL is started on Unix only")
}
