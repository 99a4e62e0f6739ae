package api

func (a *API) projectRoutes(r *Router) {}
