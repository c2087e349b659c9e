import { readFileSync } from 'node:fs';
import type * as Component from '#component/interfaces/holdfast-storage-store';
import { type ImportObject, instantiate } from '#component/storage';

/** The interface `store` of `wit/storage.wit`, as an instance exports it. */
export type ComponentStore = typeof Component;

const modules = new Map<string, WebAssembly.Module>();

/** Instances of the component, one after the other: a trap closes one for ever, and the next call gets a new one. */
export class Instances {
	/** How many have ended. */
	ended = 0;
	#current: ComponentStore | undefined;

	constructor(readonly imports: ImportObject) {}

	get current(): ComponentStore {
		this.#current ??= instantiate(loadCore, this.imports).store;
		return this.#current;
	}

	/** It trapped: it is never called again. */
	end(): void {
		this.ended++;
		this.#current = undefined;
	}
}

/** Compiles a core module of the component, once per process. */
function loadCore(name: string): WebAssembly.Module {
	const known = modules.get(name);
	if (known !== undefined) return known;
	const module = new WebAssembly.Module(readFileSync(new URL(`../../component/${name}`, import.meta.url)));
	modules.set(name, module);
	return module;
}
