package api

func (a *API) runRoutes(r *Router) {}
