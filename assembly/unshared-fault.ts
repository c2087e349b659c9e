// The same with the faults of tests. Never published.
export { poll, run, start } from './fault';
export * from './memory/index';
export * from './memory/wasi';
