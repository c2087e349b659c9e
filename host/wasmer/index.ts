export { type OpenWasmerOptions, openWasmer } from './open-wasmer.js';
export { WasmerFiles, type WasmerWasi } from './wasmer-files.js';
