package api

func (a *API) datasetRoutes(r *Router) {}
