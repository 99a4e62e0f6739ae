export type { LoopAnswer, LoopCause, LoopDecision as Decision, LoopStep as DecisionStep, LoopTrigger as Trigger } from '../types.gen'
