export type { HostFacts, HostHint as Hint, HostSample, HostState as Host } from '../types.gen'
