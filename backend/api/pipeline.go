package api

func (a *API) pipelineRoutes(r *Router) {}
