package mlflow

import (
	"context"
	"io"
	"net/http"
)

func (d *Door) aboutRoutes() []route {
	bare := func(path, text string) route {
		r := file(http.MethodGet, path, func(w http.ResponseWriter, _ *http.Request, _ message) error {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, err := io.WriteString(w, text)
			return err
		})
		r.bare = true
		return r
	}
	return []route{bare("/health", "OK"), bare("/version", Version), get("/mlflow/server-info", serverInfo)}
}

// serverInfo tells a client what it need not try.
func serverInfo(context.Context, message) (any, error) {
	return map[string]any{
		"store_type": "SqlStore", "workspaces_enabled": false, "trace_archival_enabled": false,
		"multipart_uploads_enabled": false, "multipart_downloads_enabled": false,
		"presigned_upload_run_id_supported": false, "presigned_upload_model_id_supported": false,
		"features_enabled": map[string]bool{"gateway": false},
	}, nil
}
