package api

func (a *API) modelRoutes(r *Router) {}
