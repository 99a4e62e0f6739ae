import type { Params } from './messages.gen'

/** Catalogue is all of one language. */
export interface Catalogue {
  messages: { [K in keyof Params]: (p: any) => string } // eslint-disable-line @typescript-eslint/no-explicit-any
  sentences: [english: string, say: (p: any) => string][] // eslint-disable-line @typescript-eslint/no-explicit-any
}
