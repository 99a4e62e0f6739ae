import type { RegistryVersion } from '../types.gen'

export type {
  GateClassScore as ClassScore,
  GateComparison as Comparison,
  GateInterval as Interval,
  GatePart as Part,
  GateScores as Scores,
  GateSegmentPair as SegmentPair,
  GateVerdict,
  Live,
  RegistryComparison,
  RegistryDifference as Difference,
  RegistryEvidence as Evidence,
  RegistryModel as Model,
  RegistryMove as Move,
} from '../types.gen'

export interface Column {
  name: string
  type: string
  required?: boolean
  shape?: number[]
}

export interface Signature {
  inputs: Column[]
  outputs: Column[]
}

/** Version is a model version; its signature is free JSON on the wire and has this form. */
export type Version = Omit<RegistryVersion, 'signature'> & { signature?: Signature }
