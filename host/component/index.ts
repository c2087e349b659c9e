export type * as store from '#component/interfaces/holdfast-storage-store';
export { type ImportObject, instantiate, type Root } from '#component/storage';
export { type OpenComponentOptions, openComponent } from './open-component.js';
