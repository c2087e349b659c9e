/** Nanoseconds on a clock that never goes back. */
export const monotonicNs: () => bigint = process.hrtime.bigint;
