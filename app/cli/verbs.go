package cli

// verbs is every verb there is: one line per file that brings some.
func verbs() (all []verb) {
	for _, list := range [][]verb{
		helpVerbs, versionVerbs, beginVerbs, serveVerbs, openVerbs, accessVerbs, stateVerbs, innerVerbs,
		dataVerbs, dataLookVerbs, dataStoreVerbs, dataKeepVerbs, dvcVerbs, elsewhereVerbs, dvcMoveVerbs, dvcConfigVerbs, dvcStageVerbs, expsVerbs, expsExchangeVerbs, artifactVerbs, figureVerbs, plotsVerbs, importVerbs, mergeVerbs, fsckVerbs, sealVerbs, runVerbs, runsVerbs, hostVerbs, modelVerbs, endpointVerbs, monitorVerbs, alertVerbs, decisionVerbs, pipelineVerbs, demoVerbs,
	} {
		all = append(all, list...)
	}
	return withDVC(all)
}
