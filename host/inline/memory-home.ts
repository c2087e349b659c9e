import type { Temporary } from '../pool/temporary.js';
import type { Ring } from '../ring/ring.js';
import { environment, type MemoryReach, startEngine } from '../ring/start-engine.js';
import type { DescriptorOwners, EngineHome, HomedEngine } from './engine-home.js';

/** Pages of WebAssembly that an empty store has. */
const INITIAL_PAGES = 16;

/** What `assembly/memory/` exports beside the functions that the engine imports. */
interface MemoryFiles extends WebAssembly.ModuleImports {
	files_open(maximumBytes: number): number;
	files_begin(incarnation: number): void;
	files_owner(fd: number): number;
	files_owned(incarnation: number, after: number): number;
	files_clear(): void;
	fd_close(fd: number): number;
}

/**
 * The engine in the thread of its callers, over files in the memory of a second instance of its module: whatever becomes of the engine, that
 * one is not called again in the middle of something, and its memory is out of reach.
 */
export class MemoryHome implements EngineHome {
	readonly isShared = false;
	readonly mayPark = false;
	readonly table: DescriptorOwners = {
		ownerOf: (fd) => this.#files.files_owner(fd),
		ownedBy: (owner) => {
			const owned = [];
			let fd = this.#files.files_owned(owner, 0);
			for (; fd !== 0; fd = this.#files.files_owned(owner, fd)) owned.push(fd);
			return owned;
		},
	};
	/** The descriptor of the root. */
	readonly root: number;
	readonly #module: WebAssembly.Module;
	readonly #files: MemoryFiles;
	/** Memory of the engine that is answered. */
	#engine: WebAssembly.Memory | undefined;

	constructor(module: WebAssembly.Module, maximumBytes: number) {
		this.#module = module;
		this.#files = openFiles(module, () => this.#engine);
		this.root = this.#files.files_open(maximumBytes);
	}

	begin({ memory, plan }: Ring, incarnation: number): HomedEngine {
		const files = this.serve(memory, incarnation);
		return startEngine(this.#module, memory, plan, { wasi_snapshot_preview1: files, holdfast: files });
	}

	/** The functions for an engine, whose memory this is. From now on no other one is answered. */
	serve(memory: WebAssembly.Memory, incarnation: number): WebAssembly.ModuleImports {
		this.#engine = memory;
		this.#files.files_begin(incarnation);
		return this.#files;
	}

	sweep(descriptors: readonly number[], temporaries: readonly Temporary[]): void {
		for (const fd of descriptors) this.#files.fd_close(fd);
		if (temporaries.length > 0) this.#files.files_clear();
	}

	async end(): Promise<void> {}
}

/** An instance that answers instead of asking: what it imports as an engine is never called. */
function openFiles(module: WebAssembly.Module, engine: () => WebAssembly.Memory | undefined): MemoryFiles {
	const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
	const copy = (target: WebAssembly.Memory, to: number, source: WebAssembly.Memory, from: number, bytes: number) =>
		new Uint8Array(target.buffer, to >>> 0, bytes).set(new Uint8Array(source.buffer, from >>> 0, bytes));
	const reach: MemoryReach = {
		engine_read: (to, from, bytes) => copy(memory, to, engine() as WebAssembly.Memory, from, bytes),
		engine_write: (to, from, bytes) => copy(engine() as WebAssembly.Memory, to, memory, from, bytes),
		host_time: (isMonotonic) => (isMonotonic ? performance.now() : Date.now()),
	};
	const unused = new Proxy({}, { get: () => () => undefined });
	const imports = { wasi_snapshot_preview1: unused, holdfast: unused, env: environment(memory, reach) };
	return new WebAssembly.Instance(module, imports).exports as unknown as MemoryFiles;
}
