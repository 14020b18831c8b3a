/** What an operator needs: figures, health, what everything waits for, a profile, an end. Knows no routes. */
export { startCpuProfile } from './cpu-profile.ts';
export { type LogSettings, logSettings, type LogSink } from './log.ts';
export { type MeasuredServer, ServerMetrics } from './server-metrics.ts';
export { type Told, whatGoesOn } from './what-goes-on.ts';
