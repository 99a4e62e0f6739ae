import type { Failure, Operations } from './types.gen'

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

  /** of makes one of whatever was thrown. */
  static of(e: unknown): ApiError {
    return e instanceof ApiError ? e : new ApiError(0, { kind: 'internal', message: String(e) })
  }
}

const prefix = '/api/v1'

type Query = Record<string, string | number | boolean | string[] | null | undefined>

/** address builds a path with its query; what is null, undefined or empty is left out. A comma in a value of a list has a backslash before it. */
export function address(path: string, query: Query = {}): string {
  const q = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    q.set(key, Array.isArray(value) ? value.map((v) => v.replaceAll(',', '\\,')).join() : String(value))
  }
  const text = q.toString()
  return prefix + path + (text ? `?${text}` : '')
}

/** seg makes a name from outside safe as one part of a path. */
const seg = (name: string | number) => encodeURIComponent(String(name))

/** largest is how large a request's body may be, as the server limits it. */
export const largest = 64 << 20

// The server answers a body that is too large and hangs up; a browser then reports the hanging up and not the answer.
function written(body: unknown): string | undefined {
  if (body === undefined) return undefined
  const text = JSON.stringify(body)
  if (text.length > largest) throw new ApiError(0, { kind: 'oversize', message: `${text.length}` })
  return text
}

async function send(method: string, url: string, body: unknown, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<Response> {
  const text = written(body)
  try {
    return await fetch(url, {
      method,
      signal,
      credentials: 'same-origin',
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      body: text,
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

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Path is an address of the API as its document writes it, such as /runs/{id}. */
export type Path<M extends Method> = keyof Operations extends infer K ? (K extends `${M} ${infer P}` ? P : never) : never
type Operation<M extends Method, P> = `${M} ${P & string}` extends keyof Operations ? Operations[`${M} ${P & string}`] : never

/** Values fill an address: the names in its path, and those of its query. */
export type Values<M extends Method, P> = Named<Operation<M, P>['path']> & Given<Operation<M, P>['query']>
type Named<T> = T extends Record<string, never> ? unknown : { [K in keyof T]: string | number }
type Given<T> = T extends Record<string, never> ? unknown : Partial<T>
export type Body<M extends Method, P> = Operation<M, P>['body']
export type Out<M extends Method, P> = Operation<M, P>['out']

/** fill puts values into an address: named ones into its path, the others into its query. */
export function fill(path: string, values: Query): string {
  const rest = { ...values }
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name]
    delete rest[name]
    return seg(String(value))
  })
  return address(filled, rest)
}

export const get = <P extends Path<'GET'>>(path: P, values: Values<'GET', P>, signal?: AbortSignal) => call<Out<'GET', P>>('GET', fill(path, values as Query), undefined, signal)
export const post = <P extends Path<'POST'>>(path: P, values: Values<'POST', P>, body?: Body<'POST', P>, signal?: AbortSignal) => call<Out<'POST', P>>('POST', fill(path, values as Query), body ?? {}, signal)
export const put = <P extends Path<'PUT'>>(path: P, values: Values<'PUT', P>, body: Body<'PUT', P>) => call<Out<'PUT', P>>('PUT', fill(path, values as Query), body)
export const patch = <P extends Path<'PATCH'>>(path: P, values: Values<'PATCH', P>, body: Body<'PATCH', P>) => call<Out<'PATCH', P>>('PATCH', fill(path, values as Query), body)
export const del = <P extends Path<'DELETE'>>(path: P, values: Values<'DELETE', P>) => call<Out<'DELETE', P>>('DELETE', fill(path, values as Query))

/** text fetches a file as text, at most max bytes of it. */
export async function text(url: string, max: number, signal?: AbortSignal): Promise<string> {
  const res = await send('GET', url, undefined, signal, { Range: `bytes=0-${max - 1}` })
  if (res.status === 416) return '' // the file is empty
  if (!res.ok) throw await failed(res)
  const blob = await res.blob()
  return blob.slice(0, max).text()
}
