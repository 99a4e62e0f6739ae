export type {
  Predicted,
  ServeCapture as Capture,
  ServeEndpoint as Endpoint,
  ServePoint as TrafficPoint,
  ServePrediction as Prediction,
  ServeStats as Stats,
  Snippet as CodeSnippet,
} from '../types.gen'
