export * as layers from './index.js';
