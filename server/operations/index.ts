/** What an operator needs: figures, health, what everything waits for, a profile, an end. Knows no routes. */
export { type LogSettings, logSettings, type LogSink } from './log.ts';
export { type MeasuredServer, ServerMetrics } from './server-metrics.ts';
