export { CapabilityOverrideLayer } from './capability-override.js';
export { ConcurrentLimitLayer } from './concurrent-limit.js';
export { LoggingLayer, type LogLine } from './logging.js';
export { RetryLayer } from './retry.js';
export { ThrottleLayer } from './throttle.js';
export { TimeoutLayer } from './timeout.js';
