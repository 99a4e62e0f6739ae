/** Failure is what the server answers when it does not do what was asked. */
export interface Failure {
  kind: string
  message: string
  hint?: string
}

/** ApiError is a failure with its HTTP status; 0 where no answer came at all. */
export class ApiError extends Error {
  readonly status: number
  readonly kind: string
  readonly hint?: string

  constructor(status: number, failure: Failure) {
    super(failure.message)
    this.name = 'ApiError'
    this.status = status
    this.kind = failure.kind
    this.hint = failure.hint
  }
}

export const prefix = '/api/v1'

type Query = Record<string, string | number | boolean | string[] | null | undefined>

/** address builds a path with its query; what is null, undefined or empty is left out. */
export function address(path: string, query: Query = {}): string {
  const q = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    q.set(key, Array.isArray(value) ? value.join(',') : String(value))
  }
  const text = q.toString()
  return prefix + path + (text ? `?${text}` : '')
}

/** seg makes a name from outside safe as one part of a path. */
export const seg = (name: string | number) => encodeURIComponent(String(name))

async function send(method: string, url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      signal,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0, { kind: 'unreachable', message: 'Rondo does not answer' })
  }
}

async function failed(res: Response): Promise<ApiError> {
  const text = await res.text().catch(() => '')
  try {
    const parsed = JSON.parse(text) as { error?: Failure }
    if (parsed.error?.message) return new ApiError(res.status, parsed.error)
  } catch {
    // not the API's own form: a proxy or an old server answered
  }
  return new ApiError(res.status, { kind: 'internal', message: `${res.status} ${res.statusText}`.trim() })
}

async function call<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const res = await send(method, url, body, signal)
  if (!res.ok) throw await failed(res)
  const text = await res.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) => call<T>('GET', address(path, query), undefined, signal)
export const post = <T>(path: string, body: unknown = {}) => call<T>('POST', address(path), body)
export const put = <T>(path: string, body: unknown) => call<T>('PUT', address(path), body)
export const patch = <T>(path: string, body: unknown) => call<T>('PATCH', address(path), body)
export const del = <T>(path: string) => call<T>('DELETE', address(path))

/** text fetches a file as text, at most max bytes of it. */
export async function text(url: string, max: number, signal?: AbortSignal): Promise<string> {
  const res = await send('GET', url, undefined, signal)
  if (!res.ok) throw await failed(res)
  const blob = await res.blob()
  return blob.slice(0, max).text()
}
