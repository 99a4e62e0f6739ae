// Every screen there is. The ids are those of the fixture; against a real server they are looked up.
import { runs } from '../fixtures/runs.mjs'

export const fixtureScreens = {
  loop: '/', data: '/data', 'data-disk': '/data?tab=disk', 'data-remotes': '/data?tab=remotes', 'data-dvc': '/data?tab=dvc', 'data-exps': '/data?tab=exps', 'data-figures': '/data?tab=figures', tracked: '/dvc/data%2Fimages', 'tracked-import': '/dvc/data%2Fraw.xml', 'tracked-stage': '/dvc/model.onnx', dataset: '/data/weather', 'dataset-diff': '/data/weather?tab=diff', snapshot: '/data/weather/2', 'snapshot-rows': '/data/weather/2?tab=rows',
  'snapshot-files': '/data/weather/2?tab=files', 'snapshot-used': '/data/weather/2?tab=used', 'snapshot-lineage': '/data/weather/2?tab=lineage', 'snapshot-sql': '/data/weather/2?tab=sql', pipeline: '/pipeline', execution: `/pipeline/${runs[5].id}`, 'execution-reproduced': `/pipeline/${runs[9].id}`,
  runs: '/runs', run: `/runs/${runs[2].id}`, 'run-metrics': `/runs/${runs[2].id}?tab=metrics`, 'run-system': `/runs/${runs[2].id}?tab=system`, 'run-log': `/runs/${runs[2].id}?tab=log`,
  'run-artifacts': `/runs/${runs[2].id}?tab=artifacts&file=metrics.json`, 'run-code': `/runs/${runs[2].id}?tab=code`, 'run-environment': `/runs/${runs[2].id}?tab=environment`, 'run-failed': `/runs/${runs[5].id}`,
  compare: `/compare?ids=${[2, 4, 6].map((i) => runs[i].id).join(',')}`, traces: '/traces', trace: '/traces/tr-1', 'trace-failed': '/traces/tr-3', prompt: '/prompts/support-answer', models: '/models', model: '/models/weather', 'model-history': '/models/weather?tab=history', 'model-compare': '/models/weather?tab=compare&a=1&b=2',
  version: '/models/weather/2', 'version-refused': '/models/weather/3', endpoints: '/endpoints', endpoint: '/endpoints/weather', playground: '/endpoints/weather?tab=playground', captures: '/endpoints/weather?tab=captures',
  monitors: '/monitors', monitor: '/monitors/weather', window: '/monitors/weather/w4b7f30d1e', decisions: '/decisions', decision: '/decisions/dec-0007', 'decision-asked': '/decisions/dec-0009', host: '/host', settings: '/settings', lost: '/nowhere',
}

export const emptyScreens = { loop: '/', data: '/data', pipeline: '/pipeline', runs: '/runs', traces: '/traces', compare: '/compare', models: '/models', endpoints: '/endpoints', monitors: '/monitors', decisions: '/decisions' }

/** realScreens asks a real server what it has, and names the screens of it. */
export async function realScreens(page) {
  const get = (path) => page.evaluate(async (p) => { const r = await fetch(`/api/v1${p}`); return r.ok ? r.json() : undefined }, path)
  const out = { loop: '/', data: '/data', 'data-disk': '/data?tab=disk', 'data-remotes': '/data?tab=remotes', pipeline: '/pipeline', runs: '/runs', models: '/models', endpoints: '/endpoints', monitors: '/monitors', decisions: '/decisions', host: '/host', settings: '/settings' }
  const seg = encodeURIComponent
  const [dataset] = (await get('/datasets')) ?? []
  if (dataset) Object.assign(out, { dataset: `/data/${seg(dataset.name)}`, ...(dataset.count > 1 ? { 'dataset-diff': `/data/${seg(dataset.name)}?tab=diff` } : {}) })
  if (dataset?.latest) for (const tab of ['profile', 'rows', 'sql', 'files', 'lineage', 'used']) out[`snapshot-${tab}`] = `/data/${seg(dataset.name)}/${dataset.latest.number}?tab=${tab}`
  const dvc = await get('/dvc/data')
  if (dvc?.found) Object.assign(out, { 'data-dvc': '/data?tab=dvc', 'data-exps': '/data?tab=exps', 'data-figures': '/data?tab=figures', ...(dvc.items.length ? { tracked: `/dvc/${seg(dvc.items[0].path)}` } : {}) })
  const list = (await get('/runs?limit=3'))?.runs ?? []
  for (const tab of ['overview', 'metrics', 'system', 'log', 'artifacts', 'code', 'environment']) if (list[0]) out[`run-${tab}`] = `/runs/${list[0].id}?tab=${tab}`
  if (list.length > 1) out.compare = `/compare?ids=${list.map((r) => r.id).join(',')}`
  const [execution] = (await get('/executions')) ?? []
  if (execution) out.execution = `/pipeline/${execution.id}`
  out.traces = '/traces'
  const [trace] = (await get('/traces?limit=1'))?.traces ?? []
  if (trace) out.trace = `/traces/${trace.id}`
  const all = (await get('/models')) ?? []
  const [prompt] = all.filter((m) => m.tags?.['mlflow.prompt.is_prompt'] === 'true')
  if (prompt) out.prompt = `/prompts/${seg(prompt.name)}`
  const [model] = all.filter((m) => m !== prompt)
  if (model) for (const tab of ['versions', 'history', 'compare']) out[`model-${tab}`] = `/models/${seg(model.name)}?tab=${tab}`
  if (model?.latest) out.version = `/models/${seg(model.name)}/${model.latest}`
  const [endpoint] = (await get('/endpoints')) ?? []
  if (endpoint) for (const tab of ['overview', 'playground', 'captures']) out[`endpoint-${tab}`] = `/endpoints/${seg(endpoint.name)}?tab=${tab}`
  const [monitor] = (await get('/monitors')) ?? []
  if (monitor) {
    out.monitor = `/monitors/${seg(monitor.name)}`
    const [window] = (await get(`/monitors/${seg(monitor.name)}/windows?limit=1`)) ?? []
    if (window) out.window = `/monitors/${seg(monitor.name)}/${window.id}`
  }
  const [decision] = (await get('/decisions')) ?? []
  if (decision) out.decision = `/decisions/${decision.id}`
  return out
}
