import { clearHidden } from '../pool/clear-hidden.js';
import type { Temporary } from '../pool/temporary.js';
import type { Ring } from '../ring/ring.js';
import { DescriptorTable } from '../wasi/descriptor-table.js';
import type { Files } from '../wasi/files.js';
import type { EngineHome, HomedEngine } from './engine-home.js';
import { InlineEngine } from './inline-engine.js';

/** Descriptors that can be open together: twice as many as readers by default, since what is written has some too. */
export const DESCRIPTORS = 16384;

/** The engine and its files in the thread of its callers. */
export class InlineHome implements EngineHome {
	readonly isShared = false;
	readonly mayPark: boolean;
	readonly table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(DESCRIPTORS)), 0, 1);
	readonly files: Files;
	readonly #module: WebAssembly.Module;
	#engine: InlineEngine | undefined;

	/** `open` gets what is to be called when something that was answered with AGAIN can be asked again. */
	constructor(
		module: WebAssembly.Module,
		mayPark: boolean,
		open: (table: DescriptorTable, ready: () => void) => Files,
	) {
		this.#module = module;
		this.mayPark = mayPark;
		this.files = open(this.table, () => this.#engine?.wake());
	}

	begin(ring: Ring, incarnation: number): HomedEngine {
		this.table.owner = incarnation;
		this.#engine = new InlineEngine(this.#module, ring, this.files, this.mayPark);
		return this.#engine;
	}

	sweep(descriptors: readonly number[], temporaries: readonly Temporary[]): void {
		sweepFiles(this.files, descriptors, temporaries);
	}

	async end(): Promise<void> {
		this.#engine = undefined;
	}
}

/** Closes descriptors, and removes what unfinished requests left. */
export function sweepFiles(files: Files, descriptors: readonly number[], temporaries: readonly Temporary[]): void {
	for (const fd of descriptors) files.close(fd);
	for (const temporary of temporaries) clearHidden(files, temporary);
}
