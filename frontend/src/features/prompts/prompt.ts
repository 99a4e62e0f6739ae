import type { Model, Version } from '$lib/api/types'

/** isPrompt tells the registered models that are prompts, as MLflow marks them. */
export const isPrompt = (m: Model) => m.tags?.['mlflow.prompt.is_prompt']?.toLowerCase() === 'true'

/** models are the registered models that are none. */
export const models = (list: Model[] | undefined) => (list ?? []).filter((m) => !isPrompt(m))

/** textOf is what a version of a prompt says. A prompt of several messages is written one after the other. */
export function textOf(v: Version): string {
  const text = v.tags?.['mlflow.prompt.text'] ?? ''
  if (v.tags?.['_mlflow_prompt_type'] !== 'chat') return text
  try {
    const list = JSON.parse(text) as { role?: string; content?: unknown }[]
    return list.map((m) => `${m.role}: ${typeof m.content === 'string' ? m.content : JSON.stringify(m.content)}`).join('\n\n')
  } catch {
    return text
  }
}

/** variables are the names that a text leaves open, each once. */
export const variables = (text: string) => [...new Set([...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map((m) => m[1]!))]
