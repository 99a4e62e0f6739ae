package api

func (a *API) endpointRoutes(r *Router) {}
