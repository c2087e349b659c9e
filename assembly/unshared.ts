// The engine for places without shared memory, and with it files in memory: the same module is instantiated once for each.
export { poll, run, start } from './index';
export * from './memory/index';
export * from './memory/wasi';
