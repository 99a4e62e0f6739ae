export type {
  PipelineCheck as Check,
  PipelineExecution as Execution,
  PipelineReproduction as Reproduction,
  PipelineStageResult as StageResult,
  PipelineStageStatus as Stage,
  PipelineView as Pipeline,
} from '../types.gen'
