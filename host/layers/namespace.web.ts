import { CapabilityOverrideLayer } from './capability-override.js';
import { ConcurrentLimitLayer } from './concurrent-limit.js';
import { LoggingLayer } from './logging.js';
import { RetryLayer } from './retry.js';
import { ThrottleLayer } from './throttle.js';
import { TimeoutLayer } from './timeout.js';

// The same as an object: of a namespace in a bundle no bundler can leave anything out.
export const layers = {
	CapabilityOverrideLayer,
	ConcurrentLimitLayer,
	LoggingLayer,
	RetryLayer,
	ThrottleLayer,
	TimeoutLayer,
};
