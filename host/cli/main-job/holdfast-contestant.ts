import { fileURLToPath } from 'node:url';
import { FAULT_KIND_PANIC, OP_FAULT } from '../../../assembly/layout.js';
import type { LocalFile } from '../../import/local-tree.js';
import { type OnBytes, storeFile } from '../../import/store-file.js';
import { HoldfastError, Operator, type PoolHealth } from '../../index.js';
import { Request } from '../../pool/request.js';
import { openStore } from '../../services/index.js';
import type { Store } from '../../services/service.js';
import { digestStored } from '../transfer.js';
import type { Contestant } from './contestant.js';

/** The engine with a request that makes it trap. Tests and this job have it; it is never published. */
const FAULT_ENGINE = fileURLToPath(new URL('../engine.fault.wasm', import.meta.url));
/** A call that a trap has hit is made again at most so often. */
const ATTEMPTS_MAX = 3;

/** Files in a store of ours. */
export class HoldfastContestant implements Contestant {
	readonly name = 'Holdfast';
	readonly guarantees = "a file is there whole or not at all; not synced (durability 'none')";
	readonly #store: Store;
	readonly #op: Operator;
	readonly #signal: AbortSignal;
	#repeated = 0;

	constructor(root: string, signal: AbortSignal) {
		this.#store = openStore('fs', { root }, { modulePath: FAULT_ENGINE });
		this.#op = Operator.fromStore(this.#store);
		this.#signal = signal;
	}

	/** Calls that a trap had hit and that were made again. */
	get repeated(): number {
		return this.#repeated;
	}

	get health(): PoolHealth {
		return this.#op.pool.health();
	}

	store(file: LocalFile, local: string, onBytes: OnBytes): Promise<void> {
		return this.#repeat(async () => {
			// What fs.promises does is not synced, either: otherwise the disk would be measured.
			const options = { durability: 'none', signal: this.#signal } as const;
			await storeFile(this.#op, local, file.size, file.path, options, onBytes);
		});
	}

	digest(file: LocalFile): Promise<string> {
		return this.#repeat(() => digestStored(this.#op, file.path, file.size, this.#signal));
	}

	/** Makes the engine panic, in the middle of whatever it is doing for others. */
	async trapInstance(): Promise<void> {
		const request = new Request(OP_FAULT, 'fault');
		request.root = this.#store.root;
		request.offset = FAULT_KIND_PANIC;
		try {
			await this.#store.engine.submit(request, { signal: this.#signal });
		} catch (error) {
			if (isTrap(error)) return;
			throw error;
		}
		throw new Error('the engine was asked to trap and did not; build again');
	}

	close(): Promise<void> {
		return this.#op.close();
	}

	/** Whole files replace each other: a write whose effect may have happened already can be made again. */
	async #repeat<T>(work: () => Promise<T>): Promise<T> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await work();
			} catch (error) {
				if (!isTrap(error) || attempt === ATTEMPTS_MAX) throw error;
				this.#repeated++;
			}
		}
	}
}

function isTrap(error: unknown): boolean {
	return error instanceof HoldfastError && error.code === 'EngineTrapped';
}
