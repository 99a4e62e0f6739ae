import type { LaunchCode, MetricPoint } from '../types.gen'

export type {
  GpuUse as GPUUse,
  LaunchEnvironment as Environment,
  LaunchQueue as QueueState,
  MetricPoint,
  ProcExit as Exit,
  ProcSample as Sample,
  Run,
  RunComparison,
  RunExperiment as Experiment,
  RunFile as Artifact,
  RunInput,
  RunLog as LogPart,
  RunMetric as Metric,
  RunPage,
} from '../types.gen'

/** Float is a number whose NaN and infinities travel as text. */
export type Float = MetricPoint['value']

/** Code is what a run ran: its command, and git's state with what was not committed. */
export type Code = LaunchCode & { argv: string[] }
