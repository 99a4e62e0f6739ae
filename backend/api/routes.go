package api

import "net/http"

// Handler returns every route of the native API. It is the table of contents: one
// line per noun, each of which registers in the file of its name.
func (a *API) Handler() *Router {
	r := NewRouter()
	Raw(r, http.MethodGet, "/events", a.streamEvents, "what happens, as server-sent events")
	a.projectRoutes(r)
	a.desktopRoutes(r)
	a.datasetRoutes(r)
	a.pipelineRoutes(r)
	a.runRoutes(r)
	a.traceRoutes(r)
	a.modelRoutes(r)
	a.endpointRoutes(r)
	a.monitorRoutes(r)
	a.decisionRoutes(r)
	a.importRoutes(r)
	a.hostRoutes(r)
	return r
}
